"""entity-F1: the harmonic mean of entity-P and entity-R, span by span."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._entity import EntityMeasure
from tagkit.measures.base import ratio


class EntityF1(EntityMeasure):
    """Entity-level F1: the harmonic mean of entity-P and entity-R, over all products at once.

    Protocol: an entity is the start, the end and the type of a span; every span of every tag is one, and all three must
    match. Products without gold entities count too: what is predicted there is wrong. Undefined where
    there is neither a prediction nor a gold entity.

    Args:
        typed: Whether the type must match too.
    """

    name = "entity-F1"

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(2 * totals[..., 0], totals[..., 1] + totals[..., 2])
