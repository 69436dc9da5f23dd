"""F1@k: the harmonic mean of precision and recall at a cutoff, per product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._overlap import OverlapMeasure
from tagkit.measures.base import ratio
from tagkit.measures.run import Run


class F1(OverlapMeasure):
    """F1: the harmonic mean of P@k and R@k per product, mean over products.

    Protocol: F1@M looks at all tags that the strategy gave, F1@O at as many as the product has gold tags; exact match;
    products without gold tags are left out.
    """

    name = "F1"
    source = (
        "Yuan et al., One Size Does Not Fit All: Generating and Evaluating Variable Number of Keyphrases (ACL 2020)"
    )

    def per_product(self, run: Run) -> NDArray[np.float64]:
        """Return the F1 of each product, shape (n,)."""
        correct, looked_at, gold = self.overlap(run)
        return np.where(gold > 0, ratio(2 * correct, looked_at + gold), np.nan)
