"""entropy: how evenly the predictions spread over the tags."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import xlogy

from tagkit.measures.base import Measure, check_cutoff, ratio
from tagkit.measures.run import Run


class Entropy(Measure):
    """Shannon entropy of the distribution of predicted tags, in bits.

    Protocol: over all predicted tags of all products at once, inside a vocabulary or not; right or wrong plays no
    part.

    Args:
        k: How many tags of each list to look at, all if None.
    """

    name = "entropy"
    source = "Shannon, A Mathematical Theory of Communication (Bell System Technical Journal 1948)"

    def __init__(self, k: int | None = None) -> None:
        self.k = check_cutoff(k, optional=True)

    def statistics(self, run: Run) -> sparse.csr_matrix:
        """Return per product which tags are predicted, shape (n, V)."""
        return run.counts(self.k)

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        whole = totals.sum(axis=-1)
        # H = log N - (sum of x log x) / N, which needs no array of shares beside the totals
        return (np.log(np.where(whole > 0, whole, 1)) - ratio(xlogy(totals, totals).sum(axis=-1), whole)) / np.log(2)
