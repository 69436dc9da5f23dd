"""macro-F1: the F1 of each tag, mean over tags."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.measures._arrays import indicator
from tagkit.measures.base import Measure, check_cutoff, ratio
from tagkit.measures.run import Run


class MacroF1(Measure):
    """Macro-averaged F1: the F1 of each tag over all products, mean over tags, rare tags counting like frequent ones.

    Protocol: mean over the tags that are gold or predicted at least once; a tag that is never right scores 0 (as
    scikit-learn's `f1_score(average="macro", zero_division=0)` over the union of the labels); with a cutoff only the
    first k tags of each list are predictions; products without gold tags are left out.

    Args:
        k: How many tags of each list to look at, all if None.
    """

    name = "macro-F1"
    source = "Opitz and Burst, Macro F1 and Macro F1 (2019), the mean of the F1 of each class"

    def __init__(self, k: int | None = None) -> None:
        self.k = check_cutoff(k, optional=True)

    def statistics(self, run: Run) -> sparse.csr_matrix:
        """Return per product and tag the hits, then the predictions plus gold tags, shape (n, 2 V)."""
        size = len(run.vocabulary)
        predicted = np.where(run.judged[:, None], run.codes[:, : self.k], -1)
        hits = np.where(run.hits[:, : self.k], predicted, -1)
        # one row of columns per product: the hits, then behind them the predictions and the gold tags
        shifted = [np.where(codes >= 0, codes + size, -1) for codes in (predicted, run.gold_codes)]
        return indicator(np.hstack([hits, *shifted]), 2 * size)

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        half = totals.shape[-1] // 2
        hits, seen = totals[..., :half], totals[..., half:]
        per_tag = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
        return ratio(2 * per_tag.sum(axis=-1), np.count_nonzero(seen > 0, axis=-1))
