"""PSP@k: precision that rewards the right rare tag more than the right frequent one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tagkit.errors import BadInput
from tagkit.measures._train import counts_in_train
from tagkit.measures.base import Measure, check_cutoff, check_number, ratio
from tagkit.measures.run import Run


class PSP(Measure):
    """Propensity-scored precision: each hit weighs 1 / propensity of its tag, relative to the best possible list.

    Protocol: propensity p = 1 / (1 + C (n + B)^-A) with C = (ln N - 1) (B + 1)^A, n the number of training products
    that have the tag (0 for an unseen one) and N the number of training products; C is not let below 0 (N < 3). The
    weights of the hits among the first k are added up over all products and divided by the same sum for the best
    possible lists (as in the Extreme Classification Repository); products without gold tags add nothing.

    Args:
        k: How many tags to look at.
        A: How strongly propensity depends on frequency; 0.55 is the authors' value for data other than Wikipedia and
            Amazon.
        B: Shift of the frequency; the authors' value is 1.5.
    """

    name = "PSP"
    source = (
        "Jain, Prabhu and Varma, Extreme Multi-label Loss Functions for Recommendation, Tagging, Ranking and Other "
        "Missing Label Applications (KDD 2016)"
    )
    needs = "train_counts"

    def __init__(self, k: int = 5, A: float = 0.55, B: float = 1.5) -> None:  # noqa: N803 - the authors' letters
        self.k = check_cutoff(k)
        self.A = check_number("A", A, 0)
        self.B = check_number("B", B, 0.01)

    def statistics(self, run: Run) -> NDArray[np.float64]:
        """Return per product the weight found and the best possible one, shape (n, 2).

        Raises:
            BadInput: The run lacks `train_counts` or `train_size`.
        """
        counts = counts_in_train(run, self)
        if run.train_size is None:
            raise BadInput(f"{self} needs to know how many products train holds: pass `train_size=`")
        scale = max(0.0, math.log(max(run.train_size, 1)) - 1) * (self.B + 1) ** self.A
        weights = run.table(lambda tag: 1 + scale * (counts.get(tag, 0) + self.B) ** -self.A, 0)
        found = weights[run.codes] * run.hits
        best = -np.sort(-weights[run.gold_codes], axis=1)
        return np.column_stack([found[:, : self.k].sum(axis=1), best[:, : self.k].sum(axis=1)])

    def summarise(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figures for sums over products."""
        return ratio(totals[..., 0], totals[..., 1])
