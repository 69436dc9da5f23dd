"""Gini: whether a few tags get nearly all predictions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.measures._train import vocabulary_of_train
from tagkit.measures.base import Measure, check_cutoff, ratio
from tagkit.measures.run import Run


class Gini(Measure):
    """Gini coefficient of how often each tag of the vocabulary is predicted: 0 all alike, near 1 a few have it all.

    Protocol: the vocabulary is the tags of train; a tag never predicted counts with 0; tags outside the vocabulary are
    ignored; sum of (2 i - V - 1) x_i over V times the sum of x, with the counts x in ascending order.

    Args:
        k: How many tags of each list to look at, all if None.
    """

    name = "Gini"
    better = "lower"
    source = (
        "Fleder and Hosanagar, Blockbuster Culture's Next Rise or Fall: The Impact of Recommender Systems on Sales "
        "Diversity (Management Science 2009)"
    )
    needs = "train_counts"

    def __init__(self, k: int | None = None) -> None:
        self.k = check_cutoff(k, optional=True)

    def statistics(self, run: Run) -> sparse.csr_matrix:
        """Return per product which tags of the vocabulary are predicted, shape (n, V).

        Raises:
            BadInput: The run lacks `train_counts`.
        """
        return run.counts(self.k, vocabulary_of_train(run, self))

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        size = totals.shape[-1]
        weights = 2.0 * np.arange(1, size + 1) - size - 1
        return ratio(np.sort(totals, axis=-1) @ weights, size * totals.sum(axis=-1))
