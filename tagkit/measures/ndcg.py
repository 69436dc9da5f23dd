"""nDCG@k: gold tags near the top count more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures.base import MeanMeasure, check_cutoff, ratio
from tagkit.measures.run import Run


class NDCG(MeanMeasure):
    """Normalised discounted cumulative gain of the first k tags, mean over products.

    Protocol: gain 1 for a gold tag, discount 1 / log2(rank + 1), divided by the value of the best possible list;
    products without gold tags are left out.

    Args:
        k: How many tags to look at.
    """

    name = "nDCG"
    source = "Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (TOIS 2002)"

    def __init__(self, k: int = 10) -> None:
        self.k = check_cutoff(k)

    def per_product(self, run: Run) -> NDArray[np.float64]:
        """Return the nDCG of each product, shape (n,)."""
        discounts = 1 / np.log2(np.arange(2, self.k + 2))
        gains = run.hits[:, : self.k]
        ideal = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(run.gold_sizes, self.k)]
        return ratio(gains @ discounts[: gains.shape[1]], ideal)
