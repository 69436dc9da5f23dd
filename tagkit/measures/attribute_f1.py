"""attribute-F1: the harmonic mean of attribute-P and attribute-R, over all attributes asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._attribute import MISSING, NEEDLESS, RIGHT, WRONG, AttributeMeasure
from tagkit.measures.base import ratio


class AttributeF1(AttributeMeasure):
    """Product attribute F1: the harmonic mean of attribute-P and attribute-R, over all attributes asked for.

    Protocol: a product is asked for the types of its gold annotations, and for the attributes whose value is "" (known
    to be unknown). The answer to an attribute is the first tag of that type, less surrounding blanks; it is right when
    it equals one of the gold values of that type, wrong when there are others, needless when there is none. Answers
    to attributes that were not asked for are ignored. Undefined where no value is given and none is known.
    """

    name = "attribute-F1"

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        given = totals[..., RIGHT] + totals[..., WRONG] + totals[..., NEEDLESS]
        known = totals[..., RIGHT] + totals[..., WRONG] + totals[..., MISSING]
        return ratio(2 * totals[..., RIGHT], given + known)
