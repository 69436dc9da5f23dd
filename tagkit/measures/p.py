"""P@k: the share of the first k tags that are gold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._overlap import OverlapMeasure
from tagkit.measures.base import ratio
from tagkit.measures.run import Run


class Precision(OverlapMeasure):
    """Precision: the share of the first k tags that are gold, mean over products.

    Protocol: exact match of the tag texts; a list shorter than k is divided by k all the same (as trec_eval does);
    at "M" by its own length, an empty list scores 0; products without gold tags are left out.
    """

    name = "P"
    source = "Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), chapter 8"

    def per_product(self, run: Run) -> NDArray[np.float64]:
        """Return the precision of each product, shape (n,)."""
        correct, looked_at, gold = self.overlap(run)
        return np.where(gold > 0, np.nan_to_num(ratio(correct, looked_at)), np.nan)
