"""Values from scored spans: overlaps, thresholds, calibration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tagkit.product import Product, Span, Tag

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.taggers.span_choice import (
    Choice,
    Found,
    JudgedValue,
    Verdict,
    best_of,
    best_values,
    decided,
    types_with_several,
    verdict,
)


def test_the_best_spans_of_each_type():
    scores = np.array([[1.0, -13.0], [3.0, 2.0], [-20.0, 0.5]], dtype=np.float32)
    found = best_of(scores, np.array([0, 2, 4]), np.array([2, 4, 6]), ["a", "b"])
    assert set(found) == {Found(0, 2, "a", 1.0), Found(2, 4, "a", 3.0), Found(2, 4, "b", 2.0), Found(4, 6, "b", 0.5)}
    assert best_of(scores[:0], np.array([]), np.array([]), ["a", "b"]) == []


def never(one: str, other: str) -> float:
    return 0.0


def test_values_of_one_type_do_not_overlap_and_those_of_others_may():
    rows = [Found(0, 4, "a", 1.0), Found(2, 6, "a", 2.0), Found(7, 9, "a", 0.5), Found(2, 6, "b", 0.1)]
    assert best_values(rows, {"a": True, "b": True}, never) == [rows[1], rows[2], rows[3]]
    assert best_values(rows, {"a": False}, never) == [rows[1], rows[3]]


def test_a_span_that_overlaps_a_better_one_of_a_type_that_is_seldom_so_is_less_likely():
    rows = [Found(0, 4, "a", 3.0), Found(0, 6, "b", 2.0), Found(5, 6, "b", 0.5), Found(2, 6, "c", -5.0)]
    lowered = [rows[0], rows[2], rows[3]._replace(score=-9.0)]
    assert best_values(rows, {"b": False}, lambda *_: 4.0) == lowered
    assert best_values(rows, {"b": False}, lambda *types: 4.0 * ("c" in types))[1] == rows[1]
    weak = [one._replace(score=one.score - 7) for one in rows]
    assert best_values(weak, {"b": False}, lambda *_: 4.0)[1] == weak[1], "an unlikely value makes no other unlikelier"


def test_types_have_several_values_where_texts_often_do():
    several = [[(0, 1, "a"), (2, 3, "a"), (4, 5, "b"), (6, 7, "b")]]
    assert types_with_several(["x y z z"], several) == {"a": True, "b": False}


def test_the_threshold_has_the_best_expected_f1_and_types_are_calibrated_apart():
    easy = [JudgedValue("easy", float(score), False, score > -3) for score in range(-9, 10)] * 9
    hard = [JudgedValue("hard", float(score), False, score > 4) for score in range(-9, 10)] * 9
    choice = Choice.of([*easy, *hard], 153)
    at_zero = [choice.probability(Found(0, 1, kind, 0.0)) for kind in ("easy", "unknown", "hard")]
    assert at_zero == sorted(at_zero, reverse=True) and 0.3 < choice.threshold < 0.5
    chances = [choice.probability(Found(0, 1, "easy", score)) for score in (-9.0, 0.0, 9.0)]
    assert chances[0] < 0.2 < choice.threshold < chances[1] < chances[2]
    assert Choice.of([JudgedValue("a", 1.0, False, False)], 1) == Choice()


def test_further_values_are_calibrated_apart():
    first = [JudgedValue("a", float(score), False, score > 0) for score in range(-9, 10)] * 3
    further = [JudgedValue("a", float(score), True, False) for score in range(-9, 10)] * 3
    choice = Choice.of([*first, *further], 27)
    found = Found(0, 1, "a", 3.0)
    assert choice.probability(found, is_further=True) < choice.threshold < choice.probability(found)


def test_attributes_that_a_product_does_not_ask_for_are_not_decided():
    tags = (Tag("red", 1.0, "gold", (Span(0, 3),), "colour"),)
    product = Product("red shoe", tags=("red",), annotations=tags)
    row = [Found(0, 3, "colour", 2.0), Found(4, 8, "colour", 1.0), Found(4, 8, "kind", 0.0)]
    every = [JudgedValue("colour", 2.0, False, True), JudgedValue("colour", 1.0, True, False)]
    assert decided([product], [row]) == ([*every, JudgedValue("kind", 0.0, False, False)], 1)
    assert decided([replace(product, attributes={"colour": ""})], [row]) == (every, 1)


def test_a_verdict_says_what_best_values_does():
    apart = {("a", "b"): 3.0, ("a", "c"): 0.0, ("b", "c"): 1.0}

    def lowered(one, other):
        return apart[tuple(sorted((one, other)))]

    rows = [Found(0, 4, "a", 5.0), Found(2, 6, "b", 4.0), Found(3, 5, "c", 3.0), Found(1, 3, "a", 2.0)]
    rows += [Found(8, 9, "a", 1.0), Found(8, 9, "b", 0.5)]
    for several in ({}, {"a": False}, {"a": False, "b": False}):
        kept = best_values(rows, several, lowered)
        for one in rows:
            said = verdict(one, kept, several, lowered)
            known = next((other for other in kept if other[:3] == one[:3]), None)
            assert (known is None) == (said.lost_to is not None)
            assert known is None or known.score == one.score - said.lowered
            assert (said.by is None) == (said.lowered == 0)
    assert verdict(rows[1], best_values(rows, {}, lowered), {}, lowered) == Verdict(3.0, rows[0], False, None)
    assert verdict(rows[4], best_values(rows, {}, lowered), {}, lowered).is_further
    assert verdict(rows[3], best_values(rows, {}, lowered), {}, lowered).lost_to == rows[0]
