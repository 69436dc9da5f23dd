"""Stop words."""

from __future__ import annotations

from tagkit.text import is_stopword


def test_stop_words() -> None:
    for token, lang in (("的", "zh"), ("新款", "zh"), ("包邮", "zh"), ("the", "en"), ("the", "zh")):
        assert is_stopword(token, lang)
    for token, lang in (("高跟鞋", "zh"), ("包", "zh"), ("红色", "zh"), ("shoes", "en"), ("cotton", "en")):
        assert not is_stopword(token, lang)
