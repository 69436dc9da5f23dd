"""micro-P: the share of all predicted tags that are gold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._micro import MicroMeasure
from tagkit.measures.base import ratio


class MicroPrecision(MicroMeasure):
    """Micro-averaged precision: the share of all predicted tags that are gold, over all products at once.

    Protocol: exact match; every tag occurrence counts the same; with a cutoff only the first k tags of each list are
    predictions, and a shorter list is not filled up; products without gold tags are left out; undefined where
    nothing is predicted.

    Args:
        k: How many tags of each list to look at, all if None.
    """

    name = "micro-P"

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(totals[..., 0], totals[..., 1])
