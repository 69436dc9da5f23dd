"""alpha-nDCG@k: gold tags near the top count more, and less when the list has said them before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._similarity import blocks, tag_bigrams
from tagkit.measures.base import MeanMeasure, check_cutoff, check_number, ratio
from tagkit.measures.run import Run
from tagkit.text.ngrams import NgramMatrix


class AlphaNDCG(MeanMeasure):
    """Novelty-biased nDCG: each gold tag is a nugget, and saying it again earns less, mean over products.

    Protocol: a tag covers a gold tag when both are the same, or the Jaccard similarity of their character bigrams in
    lower case reaches the threshold (two forms of one word say the same). The gain of a tag is the sum, over the gold
    tags it covers, of (1 - alpha) to the power of how often the list covered them before; discount 1 / log2(rank + 1).
    Divided by the value of the ideal list, made greedily of the gold tags; at most 1, since a tag that covers more than
    any gold tag does could exceed it. Products without gold tags are left out.

    Args:
        k: How many tags to look at.
        alpha: How much is lost by saying it again, from 0 (nothing) to 1 (all).
        threshold: From which similarity on a tag covers a gold tag; above 1 only the same tag does.
    """

    name = "alpha-nDCG"
    source = "Clarke et al., Novelty and Diversity in Information Retrieval Evaluation (SIGIR 2008)"

    def __init__(self, k: int = 10, alpha: float = 0.5, threshold: float = 0.5) -> None:
        self.k = check_cutoff(k)
        self.alpha = check_number("alpha", alpha, 0, 1)
        self.threshold = check_number("threshold", threshold, 0)

    def per_product(self, run: Run) -> NDArray[np.float64]:
        """Return the figure of each product, shape (n,)."""
        lists, gold = run.codes[:, : self.k], run.gold_codes
        bigrams = tag_bigrams(run)
        value, ideal = np.zeros(len(run)), np.zeros(len(run))
        for block in blocks(len(run), gold.shape[1] * max(lists.shape[1], gold.shape[1])):
            nuggets = gold[block]
            value[block] = self._gain(self._covers(bigrams, lists[block], nuggets))
            ideal[block] = self._ideal(self._covers(bigrams, nuggets, nuggets))
        return np.minimum(ratio(value, ideal), 1.0)

    def _covers(self, bigrams: NgramMatrix, tags: NDArray[np.int32], nuggets: NDArray[np.int32]) -> NDArray[np.float64]:
        """Say which tag covers which nugget, shape (n, tags, nuggets)."""
        taken = (tags[:, :, None] >= 0) & (nuggets[:, None, :] >= 0)
        out: NDArray[np.float64] = np.where(taken & (tags[:, :, None] == nuggets[:, None, :]), 1.0, 0.0)
        if self.threshold <= 1:
            row, i, j = np.nonzero(taken & (out == 0))
            out[row, i, j] = bigrams.jaccard(tags[row, i], nuggets[row, j]) >= self.threshold
        return out

    def _gain(self, covers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up the discounted gains of lists, shape (n,)."""
        before = np.cumsum(covers, axis=1) - covers
        gains = (covers * (1 - self.alpha) ** before).sum(axis=2)
        return gains @ (1 / np.log2(np.arange(2, gains.shape[1] + 2)))

    def _ideal(self, covers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up the discounted gains of the list that always takes the gold tag with the highest gain next."""
        n, size, _ = covers.shape
        weights = np.ones((n, size))
        free: NDArray[np.bool_] = np.asarray(covers.any(axis=2))
        total, each = np.zeros(n), np.arange(n)
        for rank in range(min(self.k, size)):
            gains = np.where(free, np.einsum("nij,nj->ni", covers, weights), 0.0)
            best = gains.argmax(axis=1)
            total += gains[each, best] / np.log2(rank + 2)
            free[each, best] = False
            weights *= np.where(covers[each, best] > 0, 1 - self.alpha, 1.0)
        return total
