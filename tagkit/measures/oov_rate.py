"""OOV-rate: the share of predicted tags that train does not know, and which ones they are."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._train import counts_in_train
from tagkit.measures.base import Measure, check_cutoff, ratio
from tagkit.measures.run import Run


class OOVRate(Measure):
    """Out-of-vocabulary rate: the share of the predicted tags that no training product has.

    Protocol: over all predicted tags of all products at once. Declared as "lower is better" because a shop's vocabulary
    is meant to be kept; a high rate is no fault in itself, the new tags may be the good ones: `vocabulary_gaps` lists
    them.

    Args:
        k: How many tags of each list to look at, all if None.
    """

    name = "OOV-rate"
    better = "lower"
    source = "defined here"
    needs = "train_counts"

    def __init__(self, k: int | None = None) -> None:
        self.k = check_cutoff(k, optional=True)

    def statistics(self, run: Run) -> NDArray[np.float64]:
        """Return per product the tags unknown to train and all predicted tags, shape (n, 2)."""
        known = counts_in_train(run, self)
        codes = run.codes[:, : self.k]
        unknown = run.table(lambda tag: known.get(tag, 0) == 0, 0)[codes]
        return np.column_stack([unknown.sum(axis=1), np.count_nonzero(codes >= 0, axis=1)])

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(totals[..., 0], totals[..., 1])


def vocabulary_gaps(run: Run) -> list[tuple[str, int]]:
    """List the predicted tags that train does not know, with the number of products, the most frequent first.

    Raises:
        BadInput: The run lacks `train_counts`.
    """
    known = counts_in_train(run, OOVRate())
    counts = Counter(tag for row in run.texts for tag in row if known.get(tag, 0) == 0)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
