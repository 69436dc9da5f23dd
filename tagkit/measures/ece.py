"""ECE: how far scores are from the share of tags that are right."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tagkit.errors import BadInput
from tagkit.measures.base import Measure, ratio
from tagkit.measures.run import Run


class ECE(Measure):
    """Expected calibration error: the distance between mean score and share of right tags, mean over bins of scores.

    Protocol: every predicted tag of every product is one event that happens if the tag is gold; bins of equal width,
    closed at their upper end (the first at both), weighted by how many tags fall into them; products without gold tags
    are left out.

    Args:
        bins: How many bins part [0, 1].
    """

    name = "ECE"
    better = "lower"
    source = "Naeini, Cooper and Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning (AAAI 2015)"

    def __init__(self, bins: int = 10) -> None:
        if not isinstance(bins, int) or isinstance(bins, bool) or bins < 1:
            raise BadInput(f"bins is a positive whole number, not {bins!r}")
        self.bins = bins

    def statistics(self, run: Run) -> NDArray[np.float64]:
        """Return per product and bin the sum of scores less hits, then the number of tags, shape (n, 2 bins)."""
        product, rank = np.nonzero((run.codes >= 0) & run.judged[:, None])
        scores, hits = run.scores[product, rank], run.hits[product, rank]
        inner = np.linspace(0, 1, self.bins + 1)[1:-1]
        cell = product * self.bins + np.digitize(scores, inner, right=True)
        size = (len(run), self.bins)
        gaps = np.bincount(cell, weights=scores - hits, minlength=math.prod(size)).reshape(size)
        counts = np.bincount(cell, minlength=math.prod(size)).reshape(size)
        return np.hstack([gaps, counts])

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        gaps, counts = totals[..., : self.bins], totals[..., self.bins :]
        return ratio(np.abs(gaps).sum(axis=-1), counts.sum(axis=-1))
