"""Values from scored spans: overlaps, thresholds, calibration."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.taggers.span_choice import (
    Choice,
    Found,
    ScoredSpan,
    best_of,
    types_with_several,
    without_overlap,
)


def test_the_best_spans_of_each_type():
    scores = np.array([[1.0, -9.0], [3.0, 2.0], [-20.0, 0.5]], dtype=np.float32)
    found = best_of(scores, np.array([0, 2, 4]), np.array([2, 4, 6]), ["a", "b"])
    assert set(found) == {Found(0, 2, "a", 1.0), Found(2, 4, "a", 3.0), Found(2, 4, "b", 2.0), Found(4, 6, "b", 0.5)}
    assert best_of(scores[:0], np.array([]), np.array([]), ["a", "b"]) == []


def test_values_of_one_type_do_not_overlap_and_those_of_others_may():
    rows = [Found(0, 4, "a", 1.0), Found(2, 6, "a", 2.0), Found(7, 9, "a", 0.5), Found(2, 6, "b", 0.1)]
    assert without_overlap(rows, {"a": True, "b": True}) == [rows[1], rows[2], rows[3]]
    assert without_overlap(rows, {"a": False}) == [rows[1], rows[3]]


def test_types_have_several_values_where_texts_often_do():
    several = [[(0, 1, "a"), (2, 3, "a"), (4, 5, "b"), (6, 7, "b")]]
    assert types_with_several(["x y z z"], several) == {"a": True, "b": False}


def test_thresholds_have_the_best_f1_and_a_type_of_many_values_its_own():
    easy = [ScoredSpan("easy", float(score), score > -3) for score in range(-9, 10)] * 3
    hard = [ScoredSpan("hard", float(score), score > 4) for score in range(-9, 10)] * 3
    rare = [ScoredSpan("rare", -8.0, True)]
    choice = Choice.of([*easy, *hard, *rare], {"easy": 36, "hard": 15, "rare": 1})
    assert -3 < choice.threshold("easy") < -2 and 4 < choice.threshold("hard") < 5
    assert choice.threshold("rare") == choice.threshold("unknown") == choice.default
    chances = [choice.probability(score) for score in (-9, 0, 9)]
    assert chances == sorted(chances) and chances[0] < 0.2 and chances[2] > 0.9
    assert Choice.of([ScoredSpan("a", 1.0, False)], {"a": 1}) == Choice()
