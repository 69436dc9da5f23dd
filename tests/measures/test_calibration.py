"""Calibration: scores by hand, and those of scikit-learn."""

import random

import numpy as np
import pytest

from tagkit.measures import parse
from tagkit.product import Tag


def test_by_hand():
    predicted = [[Tag("a", 0.95), Tag("x", 0.9), Tag("a", 0.1)], [Tag("b", 0.3), Tag("y", 0.3)], [Tag("a", 0.5)]]
    gold = [["a"], ["b"], []]
    assert parse("Brier")(predicted, gold) == pytest.approx((0.05**2 + 0.9**2 + 0.7**2 + 0.3**2) / 4)
    # 0.9 belongs to (0.8, 0.9], 0.3 to (0.2, 0.3]
    assert parse("ECE")(predicted, gold) == pytest.approx((0.05 + 0.9 + abs(0.6 - 1)) / 4)
    assert parse("ECE(bins=1)")(predicted, gold) == pytest.approx(abs(0.95 + 0.9 + 0.3 + 0.3 - 2) / 4)
    assert parse("ECE")([["a", "b"]], [["a"]]) == pytest.approx(0.5)  # strings have the score 1


def test_brier_agrees_with_scikit_learn(lists_with_gold):
    from sklearn.metrics import brier_score_loss

    rng = random.Random(2)
    predicted, gold = lists_with_gold
    scored = [[Tag(tag, rng.random()) for tag in row] for row in predicted]
    right = [tag.text in truth for row, truth in zip(scored, gold, strict=True) for tag in row]
    expected = brier_score_loss(right, [tag.score for row in scored for tag in row])
    assert parse("Brier")(scored, gold) == pytest.approx(expected, abs=1e-9)


def test_ece_agrees_with_bins_of_scikit_learn():
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(0)
    scores, right = rng.random(2000), rng.random(2000) < 0.4
    predicted = [[Tag(f"t{i}", float(score))] for i, score in enumerate(scores)]
    gold = [[f"t{i}"] if hit else ["other"] for i, hit in enumerate(right)]
    share, mean = calibration_curve(right, scores, n_bins=10)
    sizes = np.histogram(scores, bins=10, range=(0, 1))[0]
    expected = (np.abs(share - mean) * sizes).sum() / 2000
    assert parse("ECE")(predicted, gold) == pytest.approx(expected, abs=1e-9)
