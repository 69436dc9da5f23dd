"""entity-R: the share of the gold entities that are predicted, span by span."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._entity import EntityMeasure
from tagkit.measures.base import ratio


class EntityRecall(EntityMeasure):
    """Entity-level recall: the share of the gold entities that are predicted, over all products at once.

    Protocol: an entity is the start, the end and the type of a span; every span of every tag is one, and all three must
    match. Products without gold entities count too: what is predicted there is wrong. Undefined where
    there are no gold entities.

    Args:
        typed: Whether the type must match too.
    """

    name = "entity-R"

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(totals[..., 0], totals[..., 2])
