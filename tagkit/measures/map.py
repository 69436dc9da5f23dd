"""MAP: the mean of the precision at each gold tag's rank."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures.base import MeanMeasure, check_cutoff, ratio
from tagkit.measures.run import Run


class MAP(MeanMeasure):
    """Mean average precision: the precision at the rank of each gold tag found, mean over products.

    Protocol: the precisions at the ranks of the gold tags among the first k are added up and divided by the number of
    all gold tags, also where that exceeds k (as trec_eval does); products without gold tags are left out.

    Args:
        k: How many tags to look at, all if None.
    """

    name = "MAP"
    source = "Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), chapter 8"

    def __init__(self, k: int | None = None) -> None:
        self.k = check_cutoff(k, optional=True)

    def per_product(self, run: Run) -> NDArray[np.float64]:
        """Return the average precision of each product, shape (n,)."""
        hits = run.hits[:, : self.k]
        precision = hits.cumsum(axis=1) / np.arange(1, hits.shape[1] + 1)
        return ratio((precision * hits).sum(axis=1), run.gold_sizes)
