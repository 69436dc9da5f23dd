"""Calibration: turn raw scores into probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

HELD_OUT = 10
"""Without dev, every tenth training product is held out to calibrate on."""


def held_out(count: int) -> NDArray[np.bool_]:
    """Say which of so many training products, in their order, are held out to calibrate on; none of a single one."""
    return (np.arange(count) % HELD_OUT == 0) & (count > 1)


def platt(scores: NDArray[Any], gold: sparse.csr_matrix) -> tuple[float, float]:
    """Return scale and shift of the sigmoid that turns scores into probabilities of being gold.

    For logits this is temperature scaling with a shift: the temperature is 1 / scale.

    Args:
        scores: Shape (products, tags).
        gold: Ones and zeros, the same shape.

    Source: Platt, Probabilistic outputs for support vector machines (1999); Guo et al., On Calibration of Modern Neural
    Networks (ICML 2017).
    """
    truth = gold.toarray().ravel()
    if not 0 < truth.sum() < len(truth):
        return 1.0, 0.0
    model = LogisticRegression(C=1e6).fit(np.asarray(scores, dtype=float).ravel()[:, None], truth)
    return float(model.coef_[0, 0]), float(model.intercept_[0])
