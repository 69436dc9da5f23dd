"""Brier: the mean squared distance between a tag's score and whether it is right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures.base import Measure, ratio
from tagkit.measures.run import Run


class Brier(Measure):
    """Brier score: mean squared difference between the score of a predicted tag and 1 if it is gold, else 0.

    Protocol: mean over all predicted tags of all products at once; gold tags that were not predicted play no part, so
    read it beside recall; products without gold tags are left out.
    """

    name = "Brier"
    better = "lower"
    source = "Brier, Verification of Forecasts Expressed in Terms of Probability (Monthly Weather Review 1950)"

    def statistics(self, run: Run) -> NDArray[np.float64]:
        """Return per product the sum of the squared differences and the number of tags, shape (n, 2)."""
        gaps = run.scores - run.hits  # 0 behind a list's end
        return np.column_stack([np.einsum("ij,ij->i", gaps, gaps), run.lengths]) * run.judged[:, None]

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(totals[..., 0], totals[..., 1])
