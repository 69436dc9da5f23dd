"""Measures of diversity over the lists of all products: how many different tags and lists, how even, how unusual."""

from __future__ import annotations

import math

import numpy as np
from scipy import sparse
from scipy.special import xlogy

from tagkit.measures.base import SHARE, Floats, MeanMeasure, Measure, RatioMeasure, positive_int, ratio
from tagkit.measures.run import Run


class TagDistribution(Measure):
    """Base of the measures of how often each tag is predicted, over all products at once.

    With `needs = "train_counts"` the tags are the vocabulary of train, and predicted tags outside it are ignored.
    """

    bounds = SHARE
    k: int | None = positive_int(default=None)

    def statistics(self, run: Run) -> sparse.csr_matrix:
        """Return per product which tags are predicted, ones and zeros, shape (n, tags).

        Raises:
            BadInput: The run lacks `train_counts` and the measure needs them.
        """
        if self.needs != "train_counts":
            return run.counts(self.k)
        vocabulary = [tag for tag, count in run.require("train_counts", self).items() if count > 0]
        return run.counts(self.k, {tag: column for column, tag in enumerate(vocabulary)})


class Distinct(TagDistribution):
    """Distinct tags: the number of different predicted tags / the number of predicted tags (distinct-1 over tags).

    Protocol: over all products at once; whether a tag is gold does not matter. It falls with the number of products, so
    compare on the same ones.
    """

    name = "distinct"
    source = "Li et al., A Diversity-Promoting Objective Function for Neural Conversation Models (NAACL 2016)"

    def summarise(self, totals: Floats) -> Floats:
        """Return the scores of sums over products."""
        return ratio(np.count_nonzero(totals > 0, axis=-1), totals.sum(axis=-1))


class Entropy(TagDistribution):
    """Shannon entropy of the distribution of predicted tags, in bits.

    Protocol: over all predicted tags of all products at once, in the vocabulary of train or not; whether a tag is gold
    does not matter.
    """

    name = "entropy"
    bounds = (0.0, math.inf)
    source = "Shannon, A Mathematical Theory of Communication (Bell System Technical Journal 1948)"

    def summarise(self, totals: Floats) -> Floats:
        """Return the scores of sums over products."""
        whole = totals.sum(axis=-1)
        # H = log N - (sum of x log x) / N, which needs no array of shares beside the totals
        entropy = np.log(np.where(whole > 0, whole, 1)) - ratio(xlogy(totals, totals).sum(axis=-1), whole)
        return np.maximum(entropy, 0) / np.log(2)  # rounding may leave -1e-16


class Gini(TagDistribution):
    """Gini coefficient of how often each tag of the vocabulary is predicted: 0 equally often, near 1 a few dominate.

    Protocol: the vocabulary is the tags of train; a tag that is never predicted counts with 0; tags outside the
    vocabulary are ignored; sum of (2 i - V - 1) x_i over V times the sum of x, with the counts x in ascending order.
    """

    name = "Gini"
    better = "lower"
    source = (
        "Fleder and Hosanagar, Blockbuster Culture's Next Rise or Fall: The Impact of Recommender Systems on Sales "
        "Diversity (Management Science 2009)"
    )
    needs = "train_counts"

    def summarise(self, totals: Floats) -> Floats:
        """Return the scores of sums over products."""
        size = totals.shape[-1]
        weights = 2.0 * np.arange(1, size + 1) - size - 1
        return ratio(np.sort(totals, axis=-1) @ weights, size * totals.sum(axis=-1))


class Coverage(TagDistribution):
    """Tag coverage: the share of the training vocabulary that is predicted for at least one product.

    Protocol: the vocabulary is the tags of train; whether a tag is gold does not matter; tags outside the vocabulary
    are ignored. It grows with the number of products, so compare on the same ones; a bootstrap interval lies below the
    score, since a sample holds fewer different products.
    """

    name = "coverage"
    source = (
        "Ge, Delgado-Battenfeld and Jannach, Beyond Accuracy: Evaluating Recommender Systems by Coverage and "
        "Serendipity (RecSys 2010)"
    )
    needs = "train_counts"

    def summarise(self, totals: Floats) -> Floats:
        """Return the scores of sums over products."""
        return ratio(np.count_nonzero(totals > 0, axis=-1), totals.shape[-1])


class LongTail(RatioMeasure):
    """Long tail: the share of the predicted tags that are outside the most frequent tags of train.

    Protocol: over all predicted tags of all products at once; of equally frequent tags of train the first in
    alphabetical order is the more frequent one; a tag that train lacks is outside; whether a tag is gold does not
    matter.

    Args:
        head: How many tags of train are the most frequent ones.
    """

    name = "long-tail"
    bounds = SHARE
    source = (
        "after Abdollahpouri, Burke and Mobasher, Managing Popularity Bias in Recommender Systems with Personalized "
        "Re-ranking (FLAIRS 2019), who take the mean over lists"
    )
    needs = "train_counts"
    k: int | None = positive_int(default=None)
    head: int = positive_int(default=100)

    def statistics(self, run: Run) -> Floats:
        """Return per product the tags outside the most frequent ones and all predicted tags, shape (n, 2).

        Raises:
            BadInput: The run lacks `train_counts`.
        """
        counts = run.require("train_counts", self)
        head = set(sorted(counts, key=lambda tag: (-counts[tag], tag))[: self.head])
        codes = run.codes[:, : self.k]
        outside = run.table(lambda tag: tag not in head, 0)[codes]
        return np.column_stack([outside.sum(axis=1), np.count_nonzero(codes >= 0, axis=1)])


class Novelty(MeanMeasure):
    """Novelty: the mean self-information in bits of the first k tags, mean over products; rare tags are worth more.

    Protocol: the self-information of a tag is -log2 of the share of the training products that have it; a tag that
    train lacks counts as if one product had it; whether a tag is gold does not matter; empty lists are left out.
    """

    name = "novelty"
    bounds = (0.0, math.inf)
    source = (
        "Zhou et al., Solving the Apparent Diversity-Accuracy Dilemma of Recommender Systems (PNAS 2010); Vargas and "
        "Castells, Rank and Relevance in Novelty and Diversity Metrics for Recommender Systems (RecSys 2011)"
    )
    needs = "train_counts"
    k: int = positive_int(default=10)

    def per_product(self, run: Run) -> Floats:
        """Return the mean self-information of each list, shape (n,).

        Raises:
            BadInput: The run lacks `train_counts` or `train_size`.
        """
        counts, train_size = run.require("train_counts", self), run.require("train_size", self)
        bits = run.table(lambda tag: math.log2(max(train_size, 1) / max(counts.get(tag, 0), 1)), 0)
        return ratio(bits[run.codes[:, : self.k]].sum(axis=1), np.minimum(run.lengths, self.k))


class DistinctLists(MeanMeasure):
    """Distinct lists: the number of different lists / the number of products.

    Protocol: two lists are the same if they hold the same tags in any order; a list that m of the products have counts
    1 / m for each of them, with m of all products that are measured together, so that an interval keeps it; whether a
    tag is gold does not matter; empty lists are left out.
    """

    name = "distinct-lists"
    bounds = SHARE
    source = "defined here"
    k: int | None = positive_int(default=None)

    def per_product(self, run: Run) -> Floats:
        """Return 1 / the number of products that have the same list, shape (n,)."""
        lists = np.sort(run.codes[:, : self.k], axis=1)
        if lists.size == 0:
            return np.full(len(run), np.nan)
        _, which, products = np.unique(lists, axis=0, return_inverse=True, return_counts=True)
        return np.where(run.lengths > 0, 1 / products[which.ravel()], np.nan)
