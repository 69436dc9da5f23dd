"""MRR: how near the top the first gold tag stands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures.base import MeanMeasure, check_cutoff
from tagkit.measures.run import Run


class MRR(MeanMeasure):
    """Mean reciprocal rank: 1 / rank of the first gold tag, mean over products.

    Protocol: a list without a gold tag among its first k scores 0; products without gold tags are left out.

    Args:
        k: How many tags to look at, all if None.
    """

    name = "MRR"
    source = "Voorhees, The TREC-8 Question Answering Track Report (TREC 1999)"

    def __init__(self, k: int | None = None) -> None:
        self.k = check_cutoff(k, optional=True)

    def per_product(self, run: Run) -> NDArray[np.float64]:
        """Return the reciprocal rank of each product, shape (n,)."""
        hits = run.hits[:, : self.k]
        if not hits.shape[1]:
            return np.where(run.judged, 0.0, np.nan)
        found = hits.any(axis=1) / (hits.argmax(axis=1) + 1)
        return np.where(run.judged, found, np.nan)
