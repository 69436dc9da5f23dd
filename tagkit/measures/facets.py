"""Measures of facets: how many kinds of information (type, colour, material, ...) a list covers, and how evenly."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import xlogy

from tagkit.measures.base import SHARE, Floats, MeanMeasure, one_of, positive_int, ratio
from tagkit.measures.run import Run
from tagkit.text.spelling import fold


class FacetMeasure(MeanMeasure):
    """Base of facet-R and facet-entropy."""

    bounds = SHARE
    needs = "facets"
    k: int = positive_int(default=10)

    def facets(self, run: Run) -> NDArray[np.int64]:
        """Return the number of the facet of each tag, to be indexed with codes: -1 for none, shape (tags + 1,).

        Raises:
            BadInput: The run lacks what the measure `needs`.
        """
        find = _finder(run.require("facets", self))
        numbers: dict[str | None, int] = {None: -1}
        return np.array([*(numbers.setdefault(find(tag), len(numbers) - 1) for tag in run.names), -1])

    def counts(self, run: Run, codes: NDArray[np.int32]) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """Return the facets of the tags of lists that gold covers too, and those of gold.

        Args:
            run: The run, for gold and facets.
            codes: The tags of the lists by their codes, padded with -1, shape (n, w).

        Returns:
            How many tags of each list have each facet, and ones for the facets of gold, both of shape (n, facets).
        """
        facets = self.facets(run)
        size = int(facets.max()) + 1
        gold = _count(facets[run.gold_codes], size).minimum(1)
        return _count(facets[codes], size).multiply(gold).tocsr(), gold


class FacetRecall(FacetMeasure):
    """Facet recall: the share of the facets of the gold tags that the first k tags cover, mean over products.

    Protocol: a facet is the kind of information that a tag gives, such as colour or audience; the data set says which
    (`Dataset.facet_of`). A facet is covered if one of the first k tags has it, which need not be gold: this is about
    variety. With right=True only gold tags cover, which is the subtopic recall of the source. Tags without a facet, and
    facets that gold lacks, neither help nor harm; a tag is looked up as it is written, and where it is not found so, in
    any spelling; products whose gold tags have no facet are left out.

    Args:
        right: Whether only gold tags cover a facet.
    """

    name = "facet-R"
    source = (
        "Zhai, Cohen and Lafferty, Beyond Independent Relevance: Methods and Evaluation Metrics for Subtopic Retrieval "
        "(SIGIR 2003), subtopic recall"
    )
    right: bool = one_of(True, False, default=False)

    def per_product(self, run: Run) -> Floats:
        """Return the share of the facets of gold that each list covers, shape (n,)."""
        codes = run.codes[:, : self.k]
        if self.right:
            codes = np.where(run.hits[:, : self.k], codes, -1)
        found, gold = self.counts(run, codes)
        return ratio(_sums(found.minimum(1)), _sums(gold))


class FacetEntropy(FacetMeasure):
    """Facet entropy: how evenly the first k tags spread over the facets of the gold tags, mean over products.

    Protocol: Shannon entropy of the shares of the facets among the first k tags, divided by the logarithm of the number
    of facets of the gold tags: 1 if the list gives each of them equally many tags, 0 if all its tags have one facet.
    Facets are those of facet-R; tags without a facet, or with one that gold lacks, are not counted, so a list without
    any other has 0; whether a tag is gold does not matter; products whose gold tags have fewer than two facets are left
    out.
    """

    name = "facet-entropy"
    source = "evenness: Pielou, The Measurement of Diversity in Different Types of Biological Collections (1966)"

    def per_product(self, run: Run) -> Floats:
        """Return the evenness of each list, shape (n,)."""
        found, gold = self.counts(run, run.codes[:, : self.k])
        sizes = _sums(found)
        found.data = xlogy(found.data, found.data)
        entropy = np.log(np.maximum(sizes, 1)) - _sums(found) / np.maximum(sizes, 1)
        return ratio(np.maximum(entropy, 0), np.log(np.maximum(_sums(gold), 1)))  # rounding may leave -1e-16


def _finder(facets: Mapping[str, str]) -> Callable[[str], str | None]:
    """Return what finds the facet of a tag: as it is written, else in any spelling."""
    folded: dict[str, str] = {}
    for tag, facet in facets.items():
        folded.setdefault(fold(tag), facet)
    return lambda tag: facets.get(tag) or folded.get(fold(tag))


def _count(facets: NDArray[np.int64], size: int) -> sparse.csr_matrix:
    """Return how often each number below `size` occurs in each row, padded with -1, shape (n, size)."""
    row, rank = np.nonzero(facets >= 0)
    return sparse.csr_matrix((np.ones(len(row)), (row, facets[row, rank])), shape=(len(facets), size))


def _sums(matrix: sparse.csr_matrix) -> Floats:
    return np.asarray(matrix.sum(axis=1), dtype=float).ravel()
