"""Diversity within lists, by hand."""

import math

import pytest

from tagkit.measures import parse, run


@pytest.mark.parametrize(
    ("name", "predicted", "gold", "score"),
    [
        # bigrams: {ab, bc}, {ab}, {x}: similarities 1/2, 0, 0
        ("ILD", [["abc", "AB", "x"], ["a"]], [["a"], ["a"]], (1 / 2 + 1 + 1) / 3),
        ("ILD@2", [["abc", "ab", "x"]], [["a"]], 1 / 2),
        # abcd and bcde share 2 of 4 bigrams, and a Latin letter inside a word is not contained in it
        ("redundancy", [["abcd", "bcde", "a"], ["a"]], [["a"], ["a"]], 0.0),
        ("redundancy", [["高跟鞋", "鞋", "红色"]], [[]], 1 / 3),
        ("redundancy", [["red shoe", "red", "bored"]], [[]], 1 / 3),
        ("redundancy(threshold=0.5)", [["红色", "酒红色", "鞋"]], [[]], 1 / 3),
        # the first shares 3 of 5 bigrams with either of the others, these two share 2 of 6
        ("redundancy", [["abcde", "abcdf", "bcdef"]], [[]], 2 / 3),
        ("redundancy(threshold=0.61)", [["abcde", "abcdf", "bcdef"]], [[]], 0.0),
        # similarity 0: two of two; the same bigrams: eigenvalues 2 and 0
        ("Vendi", [["ab", "cd"], ["aba", "bab"], []], [["a"], ["a"], ["a"]], (2 + 1) / 2),
        # K / 2 has the eigenvalues 3/4 and 1/4
        ("Vendi", [["红色", "酒红色"]], [[]], math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))),
    ],
)
def test_by_hand(name, predicted, gold, score):
    assert parse(name)(predicted, gold) == pytest.approx(score, abs=1e-12)


@pytest.mark.parametrize("name", ["ILD", "Vendi", "redundancy"])
def test_similarities_do_not_depend_on_blocks(name, make_run, monkeypatch):
    whole = parse(name)(make_run())
    monkeypatch.setattr(run, "BLOCK_CELLS", 150)
    assert parse(name)(make_run()) == pytest.approx(whole, abs=1e-12)
