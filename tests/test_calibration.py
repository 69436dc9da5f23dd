"""Platt scaling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.special import expit

from tagkit.calibration import held_out, platt


def test_platt_scaling_finds_the_scale_and_shift_of_the_data():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(2000, 5))
    gold = rng.random(scores.shape) < expit(2.5 * scores - 1.0)
    scale, shift = platt(scores, sparse.csr_matrix(gold.astype(float)))
    assert scale == pytest.approx(2.5, abs=0.15) and shift == pytest.approx(-1.0, abs=0.1)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_with_one_class_alone_scores_stay_as_they_are(value):
    assert platt(np.ones((2, 2)), sparse.csr_matrix(np.full((2, 2), value))) == (1.0, 0.0)


def test_every_tenth_product_is_held_out_but_not_the_only_one():
    assert held_out(21).nonzero()[0].tolist() == [0, 10, 20]
    assert held_out(2).tolist() == [True, False]
    assert not held_out(1).any() and not len(held_out(0))
