"""ILD@k: how far apart the tags of a list are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._similarity import list_similarities
from tagkit.measures.base import MeanMeasure, check_cutoff, ratio
from tagkit.measures.run import Run


class ILD(MeanMeasure):
    """Intra-list distance: the mean distance between two of the first k tags, mean over products.

    Protocol: distance 1 - Jaccard similarity of the character bigrams in lower case (a single character is its own
    bigram); right or wrong plays no part; lists of fewer than two tags are left out.

    Args:
        k: How many tags to look at.
    """

    name = "ILD"
    source = "Zhang and Hurley, Avoiding Monotony: Improving the Diversity of Recommendation Lists (RecSys 2008)"

    def __init__(self, k: int = 10) -> None:
        self.k = check_cutoff(k)

    def per_product(self, run: Run) -> NDArray[np.float64]:
        """Return the mean distance within each list, shape (n,)."""
        sizes = np.minimum(run.lengths, self.k)
        alike = np.zeros(len(run))
        for block, similarities in list_similarities(run, self.k):
            alike[block] = similarities.sum(axis=(1, 2)) - sizes[block]
        return 1 - ratio(alike, sizes * (sizes - 1))
