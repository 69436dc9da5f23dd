"""Measures of calibration: whether the scores of tags are probabilities of being gold."""

from __future__ import annotations

import math

import numpy as np

from tagkit.measures.base import SHARE, Floats, Measure, RatioMeasure, positive_int, ratio
from tagkit.measures.run import Run


class ECE(Measure):
    """Expected calibration error: |mean score - share of gold tags| of the tags in each bin of scores, mean over bins.

    Protocol: every predicted tag of every product is one event, which happens if the tag is gold; bins of equal width,
    closed at their upper end (the first at both), weighted by how many tags fall into them; products without gold tags
    are left out.

    Args:
        bins: Into how many bins [0, 1] is divided.
    """

    name = "ECE"
    bounds = SHARE
    better = "lower"
    source = "Naeini, Cooper and Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning (AAAI 2015)"
    bins: int = positive_int(default=10)

    def statistics(self, run: Run) -> Floats:
        """Return per product and bin the sum of scores minus hits, then the number of tags, shape (n, 2 bins)."""
        product, rank = np.nonzero((run.codes >= 0) & run.has_gold[:, None])
        scores, hits = run.scores[product, rank], run.hits[product, rank]
        inner = np.linspace(0, 1, self.bins + 1)[1:-1]
        cell = product * self.bins + np.digitize(scores, inner, right=True)
        size = (len(run), self.bins)
        gaps = np.bincount(cell, weights=scores - hits, minlength=math.prod(size)).reshape(size)
        counts = np.bincount(cell, minlength=math.prod(size)).reshape(size)
        return np.hstack([gaps, counts])

    def summarise(self, totals: Floats) -> Floats:
        """Return the scores of sums over products."""
        gaps, counts = totals[..., : self.bins], totals[..., self.bins :]
        return ratio(np.abs(gaps).sum(axis=-1), counts.sum(axis=-1))


class Brier(RatioMeasure):
    """Brier score: mean squared difference between the score of a predicted tag and 1 if it is gold, else 0.

    Protocol: mean over all predicted tags of all products at once; gold tags that were not predicted do not matter, so
    read it beside recall; products without gold tags are left out.
    """

    name = "Brier"
    bounds = SHARE
    better = "lower"
    source = "Brier, Verification of Forecasts Expressed in Terms of Probability (Monthly Weather Review 1950)"

    def statistics(self, run: Run) -> Floats:
        """Return per product the sum of the squared differences and the number of tags, shape (n, 2)."""
        gaps = run.scores - run.hits  # padded with 0
        return np.column_stack([np.einsum("ij,ij->i", gaps, gaps), run.lengths]) * run.has_gold[:, None]
