"""coverage: how much of the vocabulary gets predicted at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.measures._train import vocabulary_of_train
from tagkit.measures.base import Measure, check_cutoff, ratio
from tagkit.measures.run import Run


class Coverage(Measure):
    """Tag coverage: the share of the training vocabulary that is predicted for at least one product.

    Protocol: the vocabulary is the tags of train; right or wrong plays no part; tags outside the vocabulary are
    ignored. It grows with the number of products, so compare on the same ones; a bootstrap interval lies below the
    figure, since a sample holds fewer different products.

    Args:
        k: How many tags of each list to look at, all if None.
    """

    name = "coverage"
    source = (
        "Ge, Delgado-Battenfeld and Jannach, Beyond Accuracy: Evaluating Recommender Systems by Coverage and "
        "Serendipity (RecSys 2010)"
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
        return ratio(np.count_nonzero(totals > 0, axis=-1), totals.shape[-1])
