"""R@k: the share of the gold tags that stand among the first k."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._overlap import OverlapMeasure
from tagkit.measures.base import ratio
from tagkit.measures.run import Run


class Recall(OverlapMeasure):
    """Recall: the share of the gold tags that stand among the first k, mean over products.

    Protocol: exact match of the tag texts; products without gold tags are left out.
    """

    name = "R"
    source = "Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), chapter 8"

    def per_product(self, run: Run) -> NDArray[np.float64]:
        """Return the recall of each product, shape (n,)."""
        correct, _, gold = self.overlap(run)
        return ratio(correct, gold)
