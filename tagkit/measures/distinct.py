"""distinct: how many different tags there are for each one predicted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.measures.base import Measure, check_cutoff, ratio
from tagkit.measures.run import Run


class Distinct(Measure):
    """Distinct tags: the number of different predicted tags / the number of predicted tags (distinct-1 over tags).

    Protocol: over all products at once; right or wrong plays no part. It falls with the number of products, so compare
    on the same ones.

    Args:
        k: How many tags of each list to look at, all if None.
    """

    name = "distinct"
    source = "Li et al., A Diversity-Promoting Objective Function for Neural Conversation Models (NAACL 2016)"

    def __init__(self, k: int | None = None) -> None:
        self.k = check_cutoff(k, optional=True)

    def statistics(self, run: Run) -> sparse.csr_matrix:
        """Return per product which tags are predicted, shape (n, V)."""
        return run.counts(self.k)

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(np.count_nonzero(totals > 0, axis=-1), totals.sum(axis=-1))
