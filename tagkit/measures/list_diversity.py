"""Measures of diversity within the list of one product: ILD, Vendi, redundancy."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from tagkit.measures.base import SHARE, Floats, MeanMeasure, number, positive_int, ratio
from tagkit.measures.run import Run, blocks
from tagkit.text.present import is_present

MOST = 1_000
"""The highest k of the measures that compare each tag of a list with each other: their time grows with its square."""


class WithinLists(MeanMeasure):
    """Base of the measures of the similarities between the first k tags of each list: here of their characters."""

    k: int = positive_int(default=10, most=MOST)

    def similarities(self, run: Run) -> Iterator[tuple[slice, Floats]]:
        """Yield, block by block of products, the similarities between the first k tags of each list.

        Yields:
            The products, and the similarities, shape (products, k, k); padded with 0, so that the diagonal shows which
            ranks are taken.
        """
        codes = run.codes[:, : self.k]
        width = codes.shape[1]
        upper, lower = np.triu_indices(width, 1)
        for block in blocks(len(run), width * width):
            part = codes[block]
            out = np.zeros((len(part), width, width))
            out[:, np.arange(width), np.arange(width)] = part >= 0
            row, pair = np.nonzero(part[:, lower] >= 0)
            i, j = upper[pair], lower[pair]
            out[row, i, j] = out[row, j, i] = run.bigrams.jaccard(part[row, i], part[row, j])
            yield block, out


class ILD(WithinLists):
    """Intra-list distance: the mean distance between two of the first k tags, mean over products.

    Protocol: distance 1 - Jaccard similarity of the character bigrams in lower case (a single character is its own
    bigram); whether a tag is gold does not matter; lists of fewer than two tags are left out.
    """

    name = "ILD"
    bounds = SHARE
    source = "Zhang and Hurley, Avoiding Monotony: Improving the Diversity of Recommendation Lists (RecSys 2008)"

    def per_product(self, run: Run) -> Floats:
        """Return the mean distance within each list, shape (n,)."""
        sizes = np.minimum(run.lengths, self.k)
        similarity = np.zeros(len(run))
        for block, similarities in self.similarities(run):
            similarity[block] = np.maximum(similarities, 0).sum(axis=(1, 2)) - sizes[block]
        return 1 - ratio(similarity, sizes * (sizes - 1))


class Vendi(WithinLists):
    """Vendi score: the effective number of dissimilar tags among the first k, mean over products.

    Protocol: exp of the entropy of the eigenvalues of K / m, where K holds the Jaccard similarities of the character
    bigrams of the m tags looked at: 1 if all are the same, m if no two share a bigram. Whether a tag is gold does not
    matter; empty lists are left out.
    """

    name = "Vendi"
    bounds = (0.0, math.inf)
    source = "Friedman and Dieng, The Vendi Score: A Diversity Evaluation Metric for Machine Learning (TMLR 2023)"

    def per_product(self, run: Run) -> Floats:
        """Return the score of each list, shape (n,)."""
        sizes = np.minimum(run.lengths, self.k)
        scores = np.zeros(len(run))
        for block, similarities in self.similarities(run):
            # padding gives rows of zeros: their eigenvalues are 0 and add nothing to the entropy
            shares = np.linalg.eigvalsh(similarities) / np.maximum(sizes[block], 1)[:, None]
            shares = np.maximum(shares, 0.0)
            scores[block] = np.exp(-xlogy(shares, shares).sum(axis=1))
        return np.where(sizes > 0, scores, np.nan)


class Redundancy(MeanMeasure):
    """Redundancy: the share of the pairs among the first k tags that are near-duplicates, mean over products.

    Protocol: two tags are near-duplicates if one contains the other (Latin letters as whole words), or the Jaccard
    similarity of their character bigrams reaches the threshold; case is ignored; whether a tag is gold does not matter;
    lists of fewer than two tags are left out.

    Args:
        threshold: The similarity from which two tags are near-duplicates; above 1 only containment counts.
    """

    name = "redundancy"
    bounds = SHARE
    better = "lower"
    source = "defined here, after Broder, On the Resemblance and Containment of Documents (SEQUENCES 1997)"
    k: int = positive_int(default=10, most=MOST)
    threshold: float = number(0, default=0.6)

    def per_product(self, run: Run) -> Floats:
        """Return the share of near-duplicate pairs within each list, shape (n,)."""
        codes = run.codes[:, : self.k]
        upper, lower = np.triu_indices(codes.shape[1], 1)
        found = np.zeros(len(run))
        for block in blocks(len(run), len(upper)):
            part = codes[block]
            row, pair = np.nonzero(part[:, lower] >= 0)
            similar = self._near_duplicates(run, part[row, upper[pair]], part[row, lower[pair]])
            found[block] = np.bincount(row[similar], minlength=len(part))
        sizes = np.minimum(run.lengths, self.k)
        return ratio(found, sizes * (sizes - 1) / 2)

    def _near_duplicates(self, run: Run, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return whether the tags of each pair of codes are near-duplicates, shape (pairs,)."""
        shared = run.bigrams.shared(first, second)
        sizes_first, sizes_second = run.bigrams.sizes[first], run.bigrams.sizes[second]
        similar = shared / (sizes_first + sizes_second - shared) >= self.threshold
        single = np.fromiter((len(tag) == 1 for tag in run.names), dtype=bool, count=len(run.names))
        # only a tag that shares all its bigrams with the other, or is a single character, can be contained in it
        possible = (shared == np.minimum(sizes_first, sizes_second)) | single[first] | single[second]
        for pair in np.flatnonzero(~similar & possible):
            one, two = run.names[first[pair]], run.names[second[pair]]
            similar[pair] = is_present(one, two) or is_present(two, one)
        return similar
