"""What precision, recall and F1 share: how many of the first k tags are gold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tagkit.errors import BadInput
from tagkit.measures.base import MeanMeasure, check_cutoff
from tagkit.measures.run import Run
from tagkit.text.present import is_present
from tagkit.text.stems import stems


class OverlapMeasure(MeanMeasure):
    """Base of P, R and F1 at a cutoff.

    Args:
        k: A number; "M" for all tags that the strategy gave; "O" for as many as the product has gold tags.
        tags: "all"; or "present" / "absent" to look only at gold and predicted tags that stand / do not stand
            literally in the product's text.
        match: "exact"; or "stems": tags are the same where the Porter stems of their English words are. Predicted tags
            that become the same count once, at the better rank; gold tags likewise.
        short: By what the precision of a list shorter than a number k is divided: "k" (as trec_eval does), or "own",
            its own length (as in pke's benchmarks).
    """

    def __init__(self, k: int | str = "M", tags: str = "all", match: str = "exact", short: str = "k") -> None:
        self.k = check_cutoff(k, letters="MO")
        if tags not in ("all", "present", "absent"):
            raise BadInput(f"tags is all, present or absent, not {tags!r}")
        if match not in ("exact", "stems"):
            raise BadInput(f"match is exact or stems, not {match!r}")
        if short not in ("k", "own"):
            raise BadInput(f"short is k or own, not {short!r}")
        self.tags = tags
        self.match = match
        self.short = short

    def overlap(self, run: Run) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return per product: correct tags, tags looked at (see `short` where the cutoff is a number), gold tags."""
        if self.tags != "all":
            run = restrict(run, present=self.tags == "present")
        if self.match == "stems":
            run = by_stems(run)
        if self.k == "M":
            return run.hits.sum(axis=1), run.lengths, run.gold_sizes
        if self.k == "O":
            within = np.arange(run.width) < run.gold_sizes[:, None]
            return (run.hits & within).sum(axis=1), run.gold_sizes, run.gold_sizes
        looked_at = np.full(len(run), self.k) if self.short == "k" else np.minimum(run.lengths, self.k)
        return run.hits[:, : self.k].sum(axis=1), looked_at, run.gold_sizes


def by_stems(run: Run) -> Run:
    """Return the run with every tag, gold and predicted, in Porter stems (see `tagkit.text.stems`)."""

    def stemmed(rows: Sequence[Sequence[str]]) -> list[list[str]]:
        return [[stems(tag) for tag in row] for row in rows]

    return Run(stemmed(run.texts), stemmed(run.gold_lists), products=run.products, train_counts=run.train_counts)


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
