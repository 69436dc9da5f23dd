"""Measures of the order of a list: nDCG, MAP, MRR and alpha-nDCG."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures.base import SHARE, Floats, MeanMeasure, number, positive_int, ratio
from tagkit.measures.run import Run, blocks
from tagkit.text.ngrams import NgramMatrix


class NDCG(MeanMeasure):
    """Normalised discounted cumulative gain of the first k tags, mean over products.

    Protocol: gain 1 for a gold tag, discount 1 / log2(rank + 1), divided by the value of the best possible list;
    products without gold tags are left out.
    """

    name = "nDCG"
    bounds = SHARE
    source = "Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (TOIS 2002)"
    k: int = positive_int(default=10)

    def per_product(self, run: Run) -> Floats:
        """Return the nDCG of each product, shape (n,)."""
        discounts = _discounts(self.k)
        gains = run.hits[:, : self.k]
        ideal = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(run.gold_sizes, self.k)]
        return ratio(gains @ discounts[: gains.shape[1]], ideal)


class MAP(MeanMeasure):
    """Mean average precision: the precision at the rank of each gold tag found, mean over products.

    Protocol: the precisions at the ranks of the gold tags among the first k are summed and divided by the number of all
    gold tags, even if that exceeds k (as trec_eval does); products without gold tags are left out.
    """

    name = "MAP"
    bounds = SHARE
    source = "Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), chapter 8"
    k: int | None = positive_int(default=None)

    def per_product(self, run: Run) -> Floats:
        """Return the average precision of each product, shape (n,)."""
        hits = run.hits[:, : self.k]
        precision = hits.cumsum(axis=1) / np.arange(1, hits.shape[1] + 1)
        return ratio((precision * hits).sum(axis=1), run.gold_sizes)


class MRR(MeanMeasure):
    """Mean reciprocal rank: 1 / rank of the first gold tag, mean over products.

    Protocol: a list without a gold tag among its first k scores 0; products without gold tags are left out.
    """

    name = "MRR"
    bounds = SHARE
    source = "Voorhees, The TREC-8 Question Answering Track Report (TREC 1999)"
    k: int | None = positive_int(default=None)

    def per_product(self, run: Run) -> Floats:
        """Return the reciprocal rank of each product, shape (n,)."""
        hits = run.hits[:, : self.k]
        reciprocal = hits / np.arange(1, hits.shape[1] + 1)
        return np.where(run.has_gold, reciprocal.max(axis=1, initial=0.0), np.nan)


class AlphaNDCG(MeanMeasure):
    """Novelty-biased nDCG: repeating what a list has already said earns less, mean over products.

    Protocol: each gold tag is a nugget. A tag covers a gold tag if both are the same, or the Jaccard similarity of
    their character bigrams in lower case reaches the threshold (two forms of one word say the same). The gain of a tag
    is the sum, over the gold tags it covers, of (1 - alpha) to the power of how often the list covered them before;
    discount 1 / log2(rank + 1). Divided by the value of the ideal list, chosen greedily from the gold tags; at most 1,
    since a tag that covers more than any gold tag does could exceed it. Products without gold tags are left out.

    Args:
        alpha: How much a repetition loses, from 0 (nothing) to 1 (everything).
        threshold: The similarity from which a tag covers a gold tag; above 1 only the same tag does.
    """

    name = "alpha-nDCG"
    bounds = SHARE
    source = "Clarke et al., Novelty and Diversity in Information Retrieval Evaluation (SIGIR 2008)"
    k: int = positive_int(default=10)
    alpha: float = number(0, 1, default=0.5)
    threshold: float = number(0, default=0.5)

    def per_product(self, run: Run) -> Floats:
        """Return the score of each product, shape (n,)."""
        lists, gold = run.codes[:, : self.k], run.gold_codes
        value, ideal = np.zeros(len(run)), np.zeros(len(run))
        for block in blocks(len(run), gold.shape[1] * max(lists.shape[1], gold.shape[1])):
            nuggets = gold[block]
            value[block] = self._gain(self._covers(run.bigrams, lists[block], nuggets))
            ideal[block] = self._ideal(self._covers(run.bigrams, nuggets, nuggets))
        return np.minimum(ratio(value, ideal), 1.0)

    def _covers(self, bigrams: NgramMatrix, tags: NDArray[np.int32], nuggets: NDArray[np.int32]) -> Floats:
        """Return which tag covers which nugget, ones and zeros, shape (n, tags, nuggets)."""
        taken = (tags[:, :, None] >= 0) & (nuggets[:, None, :] >= 0)
        out: Floats = np.where(taken & (tags[:, :, None] == nuggets[:, None, :]), 1.0, 0.0)
        if self.threshold <= 1:
            row, i, j = np.nonzero(taken & (out == 0))
            out[row, i, j] = bigrams.jaccard(tags[row, i], nuggets[row, j]) >= self.threshold
        return out

    def _gain(self, covers: Floats) -> Floats:
        """Return the discounted cumulative gains of lists, shape (n,)."""
        before = np.cumsum(covers, axis=1) - covers
        gains = (covers * (1 - self.alpha) ** before).sum(axis=2)
        return gains @ _discounts(gains.shape[1])

    def _ideal(self, covers: Floats) -> Floats:
        """Return the discounted cumulative gains of the lists that always take the best remaining gold tag next."""
        n, size, _ = covers.shape
        weights = np.ones((n, size))
        free: NDArray[np.bool_] = np.asarray(covers.any(axis=2))
        total, each = np.zeros(n), np.arange(n)
        for discount in _discounts(min(self.k, size)):
            gains = np.where(free, np.einsum("nij,nj->ni", covers, weights), 0.0)
            best = gains.argmax(axis=1)
            total += gains[each, best] * discount
            free[each, best] = False
            weights *= np.where(covers[each, best] > 0, 1 - self.alpha, 1.0)
        return total


def _discounts(n: int) -> Floats:
    """Return the discounts of the ranks 1 to n."""
    return 1 / np.log2(np.arange(2, n + 2))
