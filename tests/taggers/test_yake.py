"""YAKE: the library's keywords for English, words of the segmenter for Chinese."""

from __future__ import annotations

import yake

from tagkit.product import Product
from tagkit.taggers import create

TEXT = "Emerald satin dress, bias cut. Pure mulberry silk with a cowl neck. The satin dress for a wedding guest."


def tags_of(text, lang, **params):
    return create("yake", **params).fit(["a"]).predict([Product("1", text, lang=lang)])[0]


def test_english_keywords_are_those_of_the_library():
    expected = [word.lower() for word, _ in yake.KeywordExtractor(lan="en", n=3, top=10).extract_keywords(TEXT)]
    assert sorted(tag.text for tag in tags_of(TEXT, "en")) == sorted(expected)


def test_the_window_is_that_of_the_library():
    wide = yake.KeywordExtractor(lan="en", n=3, top=10, window_size=4).extract_keywords(TEXT)
    found = tags_of(TEXT, "en", window=4)
    assert sorted(tag.text for tag in found) == sorted(word.lower() for word, _ in wide)
    assert {tag.text: tag.score for tag in found} != {tag.text: tag.score for tag in tags_of(TEXT, "en")}


def test_similar_english_keywords_are_removed():
    text = "The satin dress shop. A satin dress show. Satin dress shoe, silk gown."
    few, all_ = ({tag.text for tag in tags_of(text, "en", limit=None, similarity=s)} for s in (0.6, 1.0))
    assert few < all_ and {"satin dress shop", "satin dress show"} <= all_
    assert not {"satin dress shop", "satin dress show"} <= few


def test_similar_noun_phrases_are_removed(english_model):
    text = "The running shoes, a running shop and the silk dress."
    few, all_ = (tags_of(text, "en", english="noun phrases", limit=None, similarity=s) for s in (0.5, 1.0))
    assert len(all_) > len(few) == 2
    assert {tag.text for tag in few} < {tag.text for tag in all_}


def test_chinese_words_of_two_characters_are_read():
    tags = tags_of("蓝色高跟鞋，真皮高跟鞋。夏季透气高跟鞋！", "zh")
    assert {"高跟鞋", "蓝色", "夏季"} <= {tag.text for tag in tags}
    assert len(next(tag for tag in tags if tag.text == "高跟鞋").spans) == 3


def test_chinese_phrases():
    assert "真皮高跟鞋" not in {tag.text for tag in tags_of("真皮高跟鞋 蓝色", "zh")}
    for max_words_zh in (2, None):
        assert "真皮高跟鞋" in {tag.text for tag in tags_of("真皮高跟鞋 蓝色", "zh", max_words_zh=max_words_zh)}
