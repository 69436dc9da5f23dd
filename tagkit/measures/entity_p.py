"""entity-P: the share of the predicted entities that are gold, span by span."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._entity import EntityMeasure
from tagkit.measures.base import ratio


class EntityPrecision(EntityMeasure):
    """Entity-level precision: the share of the predicted entities that are gold, over all products at once.

    Protocol: an entity is the start, the end and the type of a span; every span of every tag is one, and all three must
    match. Products without gold entities count too: what is predicted there is wrong. Undefined where
    nothing is predicted.

    Args:
        typed: Whether the type must match too.
    """

    name = "entity-P"

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(totals[..., 0], totals[..., 1])
