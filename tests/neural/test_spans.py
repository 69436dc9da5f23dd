"""Candidates, and what a dictionary says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural.spans import SpanUnits, ValueCounts
from tagkit.neural.tokens import Window
from tagkit.product import Product


def window(text, row=0):
    """Return a window of one token for each character that is no blank, between two special tokens."""
    at = [place for place, char in enumerate(text) if char != " "]
    starts = np.array([-1, *at, -1])
    return Window(row, np.zeros(len(at) + 2, dtype=np.int64), starts, np.where(starts < 0, -1, starts + 1))


def texts(found, text):
    return [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)]


def test_candidates_begin_and_end_with_words_numbers_and_chinese_characters():
    text = "iPhone15手机"
    assert texts(SpanUnits(True, 2).candidates(window(text), text), text) == [
        *("iPhone", "iPhone15", "15", "15手", "手", "手机", "机"),
    ]
    text = "a 12"
    found = SpanUnits(False, 3).candidates(window(text), text)
    assert texts(found, text) == ["a", "a 1", "a 12", "1", "12", "2"]
    assert found.first.tolist() == [1, 1, 1, 2, 2, 3] and found.last.tolist() == [1, 2, 3, 2, 3, 3]


def test_units_are_those_that_the_gold_spans_need():
    assert SpanUnits.of(["red shoe"], [[(0, 3, "C")]]) == SpanUnits(True, 1)
    assert SpanUnits.of(["redshoe now"], [[(0, 3, "C")]]) == SpanUnits(False, 3)
    assert SpanUnits.of(["a b c d"], [[(0, 5, "C")]]) == SpanUnits(True, 3)


PRODUCTS = [Product("1", "red shoe", category="Shoes"), Product("2", "red hat", category="Hats")]
PRODUCTS += [Product("3", "red wine", category="Wine")]
GOLD = [[(0, 3, "Color"), (4, 8, "Type")], [(0, 3, "Color"), (4, 7, "Type")], [(0, 3, "Kind")]]


@pytest.fixture
def counts():
    return ValueCounts.count(PRODUCTS, GOLD, SpanUnits(), [window(p.text, row) for row, p in enumerate(PRODUCTS)])


def test_a_training_text_does_not_count_for_itself(counts):
    text, types = "red shoe", {"Color": 0, "Kind": 1, "Type": 2}
    found = SpanUnits().candidates(window(text), text)
    places, known = counts.features(text, "Shoes", found, types, None)
    assert [(texts(found, text)[at], kind) for at, kind in places] == [("red", 0), ("red", 1), ("shoe", 2)]
    assert known[0] == pytest.approx([math.log(2.5 / 1.5), math.log(3), math.log(2)], abs=1e-5)
    places, known = counts.features(text, "Shoes", found, types, GOLD[0])
    assert [(texts(found, text)[at], kind) for at, kind in places] == [("red", 0), ("red", 1)]
    assert known[0] == pytest.approx([0, math.log(2), 0], abs=1e-5)


def test_types_are_likelier_where_their_category_has_them(counts):
    types = ["Color", "Kind"]
    wine, shoes, other = (counts.prior(category, types, None) for category in ("Wine", "Shoes", "Toys"))
    assert wine[1] > other[1] > shoes[1] and shoes[0] > other[0] > wine[0]
    assert np.allclose(counts.prior("Wine", types, GOLD[2]), other)


def test_counts_are_added(counts):
    both = counts.plus(counts)
    assert both.values["red"]["Color"] == {"": 4, "Shoes": 2, "Hats": 2}
    assert both.seen["red"] == 6 and both.sizes[""] == 6 and counts.sizes[""] == 3
    assert ValueCounts(**counts.state()) == counts


def test_types_keep_apart_unless_their_values_overlap_in_train():
    product = Product("1", "carbon steel hook")
    gold = [(0, 12, "Material"), (0, 17, "Type"), (13, 17, "Part")]
    counts = ValueCounts.count([product] * 40, [gold] * 40, SpanUnits(), [window(product.text, 0)])
    assert counts.apart("Type", "Material") == counts.apart("Material", "Type") == 0
    assert counts.apart("Part", "Material") > 2 and counts.plus(counts).together["Material"]["Type"] == 80
    assert ValueCounts().apart("a", "b") == 0
