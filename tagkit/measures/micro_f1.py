"""micro-F1: the harmonic mean of micro-P and micro-R."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._micro import MicroMeasure
from tagkit.measures.base import ratio


class MicroF1(MicroMeasure):
    """Micro-averaged F1: the harmonic mean of micro-P and micro-R, over all products at once.

    Protocol: exact match; every tag occurrence counts the same; with a cutoff only the first k tags of each list are
    predictions, and a shorter list is not filled up; products without gold tags are left out; undefined where
    there is neither a prediction nor a gold tag.

    Args:
        k: How many tags of each list to look at, all if None.
    """

    name = "micro-F1"

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(2 * totals[..., 0], totals[..., 1] + totals[..., 2])
