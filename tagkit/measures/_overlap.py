"""What precision, recall and F1 share: how many of the first k tags are gold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tagkit.errors import BadInput
from tagkit.measures.base import MeanMeasure, check_cutoff
from tagkit.measures.run import Run
from tagkit.text.present import is_present


class OverlapMeasure(MeanMeasure):
    """Base of P, R and F1 at a cutoff.

    Args:
        k: A number; "M" for all tags that the strategy gave; "O" for as many as the product has gold tags.
        tags: "all"; or "present" / "absent" to look only at gold and predicted tags that stand / do not stand
            literally in the product's text.
    """

    def __init__(self, k: int | str = "M", tags: str = "all") -> None:
        self.k = check_cutoff(k, letters="MO")
        if tags not in ("all", "present", "absent"):
            raise BadInput(f"tags is all, present or absent, not {tags!r}")
        self.tags = tags

    def overlap(self, run: Run) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return per product: correct tags, tags looked at (the cutoff itself where it is a number), gold tags."""
        if self.tags != "all":
            run = restrict(run, present=self.tags == "present")
        if self.k == "M":
            return run.hits.sum(axis=1), run.lengths, run.gold_sizes
        if self.k == "O":
            within = np.arange(run.width) < run.gold_sizes[:, None]
            return (run.hits & within).sum(axis=1), run.gold_sizes, run.gold_sizes
        return run.hits[:, : self.k].sum(axis=1), np.full(len(run), self.k), run.gold_sizes


def restrict(run: Run, *, present: bool) -> Run:
    """Return the run with only those tags, gold and predicted, that stand (or do not stand) in the text."""
    if run.products is None:
        raise BadInput("present and absent tags need the products: pass `products=`")

    def keep(rows: Sequence[Sequence[str]]) -> list[list[str]]:
        return [
            [tag for tag in row if is_present(tag, product.text) == present]
            for row, product in zip(rows, run.products or (), strict=True)
        ]

    return Run(keep(run.texts), keep(run.gold_lists), products=run.products, train_counts=run.train_counts)
