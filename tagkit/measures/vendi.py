"""Vendi@k: the effective number of unlike tags in a list."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from tagkit.measures._similarity import list_similarities
from tagkit.measures.base import MeanMeasure, check_cutoff
from tagkit.measures.run import Run


class Vendi(MeanMeasure):
    """Vendi score: the effective number of unlike tags among the first k, mean over products.

    Protocol: exp of the entropy of the eigenvalues of K / m, where K holds the Jaccard similarities of the character
    bigrams of the m tags looked at: 1 when all are the same, m when none share anything. Right or wrong plays no part;
    empty lists are left out.

    Args:
        k: How many tags to look at.
    """

    name = "Vendi"
    source = "Friedman and Dieng, The Vendi Score: A Diversity Evaluation Metric for Machine Learning (TMLR 2023)"

    def __init__(self, k: int = 10) -> None:
        self.k = check_cutoff(k)

    def per_product(self, run: Run) -> NDArray[np.float64]:
        """Return the score of each list, shape (n,)."""
        sizes = np.minimum(run.lengths, self.k)
        scores = np.zeros(len(run))
        for block, similarities in list_similarities(run, self.k):
            # places behind a list's end are rows of zeros: their eigenvalues are 0 and add nothing to the entropy
            shares = np.linalg.eigvalsh(similarities) / np.maximum(sizes[block], 1)[:, None]
            shares = np.maximum(shares, 0.0)
            scores[block] = np.exp(-xlogy(shares, shares).sum(axis=1))
        return np.where(sizes > 0, scores, np.nan)
