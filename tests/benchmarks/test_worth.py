"""Signal, noise and correlations of made-up scores."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
pytest.importorskip("torch", reason="the benchmarks describe the machine with tagkit[models]")
import worth


def test_strategies_whose_scores_lie_further_apart_than_their_intervals_are_told_apart():
    noise = np.linspace(-0.1, 0.1, 1001)[:, None] * [1, -1, 1]
    means = np.array([0.5, 0.55, 0.9])
    scores = means + np.vstack([np.zeros((1, 3)), noise])
    assert worth.told_apart(scores) == pytest.approx(2 / 3), "all but the first two"
    assert worth.signal_to_noise(scores) == round(np.std(means) / 0.095, 1)
    moved = scores - np.vstack([np.zeros(3), np.full((1001, 3), 0.3)])
    assert worth.told_apart(moved) == pytest.approx(2 / 3), "a shift of all samples changes nothing"


def test_correlation_is_that_of_ranks_on_each_data_set_that_has_both_measures():
    scores = {"a": np.array([[1.0, 2, 3]]), "b": np.array([[9.0, 7, 1]]), "c": np.array([[1.0, 3, 2]])}
    found = {"shop": scores, "other": {"a": scores["a"], "c": scores["a"]}}
    assert worth.correlations(found, "a", "b") == pytest.approx([-1])
    assert worth.correlations(found, "a", "c") == pytest.approx([0.5, 1])
