"""micro-R: the share of all gold tags that are predicted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._micro import MicroMeasure
from tagkit.measures.base import ratio


class MicroRecall(MicroMeasure):
    """Micro-averaged recall: the share of all gold tags that are predicted, over all products at once.

    Protocol: exact match; every tag occurrence counts the same; with a cutoff only the first k tags of each list are
    predictions, and a shorter list is not filled up; products without gold tags are left out; undefined where
    there are no gold tags.

    Args:
        k: How many tags of each list to look at, all if None.
    """

    name = "micro-R"

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(totals[..., 0], totals[..., 2])
