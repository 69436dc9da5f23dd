"""What the micro-averaged measures share: counts over all tag occurrences of all products."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures.base import Measure, check_cutoff
from tagkit.measures.run import Run


class MicroMeasure(Measure):
    """Base of micro-P, micro-R and micro-F1.

    Args:
        k: How many tags of each list to look at, all if None.
    """

    source = "Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), chapter 13"

    def __init__(self, k: int | None = None) -> None:
        self.k = check_cutoff(k, optional=True)

    def statistics(self, run: Run) -> NDArray[np.float64]:
        """Return per product the correct, the predicted and the gold tags, shape (n, 3); zeros without gold tags."""
        correct = run.hits[:, : self.k].sum(axis=1)
        predicted = run.lengths if self.k is None else np.minimum(run.lengths, self.k)
        return np.column_stack([correct, predicted * run.judged, run.gold_sizes]).astype(float)
