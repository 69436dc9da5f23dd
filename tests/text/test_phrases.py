"""Maximum matching of known phrases."""

from __future__ import annotations

from tagkit.text.phrases import PhraseMatcher


def test_the_longest_phrase_from_the_left_wins():
    matcher = PhraseMatcher(["红", "红色", "色高跟", "高跟鞋"])
    assert matcher.find("红色高跟鞋红") == [(0, 2, 1), (2, 5, 3), (5, 6, 0)]
    assert matcher.find("红色高跟鞋红", {1, 0}) == [(1, 4, 2)], "phrases that are not looked for"
    assert PhraseMatcher([]).find("红") == []


def test_letters_and_numbers_are_not_cut():
    assert PhraseMatcher(["red", "5码鞋大"]).find("bored red 5码鞋大5") == [(6, 9, 0), (10, 14, 1)]
    assert PhraseMatcher(["5l", "水1", "1.5l"]).find("水1.5l 15l 5l") == [(1, 5, 2), (10, 12, 0)]
