"""attribute-R: the share of the known gold values that are given, over all attributes asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._attribute import MISSING, RIGHT, WRONG, AttributeMeasure
from tagkit.measures.base import ratio


class AttributeRecall(AttributeMeasure):
    """Product attribute recall: the share of the known gold values that are given, over all attributes asked for.

    Protocol: a product is asked for the types of its gold annotations, and for the attributes whose value is "" (known
    to be unknown). The answer to an attribute is the first tag of that type, less surrounding blanks; it is right when
    it equals one of the gold values of that type, wrong when there are others, needless when there is none. Answers
    to attributes that were not asked for are ignored. Undefined where no gold value is known.
    """

    name = "attribute-R"

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(totals[..., RIGHT], totals[..., RIGHT] + totals[..., WRONG] + totals[..., MISSING])
