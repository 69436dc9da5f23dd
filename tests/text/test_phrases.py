"""Maximum matching of known phrases."""

from __future__ import annotations

import pytest

from tagkit.text.phrases import PhraseMatcher


def test_the_longest_phrase_from_the_left_wins():
    matcher = PhraseMatcher(["红", "红色", "色高跟", "高跟鞋"])
    assert matcher.find("红色高跟鞋红") == [(0, 2, 1), (2, 5, 3), (5, 6, 0)]
    assert PhraseMatcher([]).find("红") == []


@pytest.mark.parametrize(
    ("whole_words", "found"), [(True, [(6, 9, 0), (10, 14, 1)]), (False, [(2, 5, 0), (6, 9, 0), (10, 14, 1)])]
)
def test_whole_words(whole_words, found):
    assert PhraseMatcher(["red", "5码鞋大"], whole_words=whole_words).find("bored red 5码鞋大5") == found
