"""Add the broader tags that the tags of a list imply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tagkit.errors import BadInput
from tagkit.product import Dataset, Product, Tag
from tagkit.refine.base import Step
from tagkit.taxonomy import ancestors


class Parents(Step):
    """Add the broader tags that the tags of a list imply and that it lacks (高跟鞋: 鞋子).

    A broader tag stands right behind the best ranked tag that implies it, the nearest first, and has the score, the
    source and the spans of that tag: it is as sure as what it follows from, and never surer. Tags that are there
    already stay as they are. The place in the chain counts: put it behind `thresholds`, so that a tag that is dropped
    implies nothing, or before it, so that broader tags need to reach their own thresholds; and before `limit`, which
    then counts them too.

    Args:
        table: The broader tags of each tag, as in `Dataset.parents`. None: those of the data set in an experiment,
            otherwise none.

    Raises:
        BadInput: A tag is broader than itself, in one step or several.
    """

    name = "parents"
    table: Mapping[str, Sequence[str]] | None = None

    def __post_init__(self) -> None:
        """Find all broader tags of each tag."""
        super().__post_init__()
        self._above = ancestors(self.table or {})

    def for_data(self, data: Dataset) -> Parents:
        """Return the step with the data set's parents where no table was given.

        Raises:
            BadInput: The data set has none.
        """
        if self.table is not None:
            return self
        if not data.parents:
            raise BadInput(f"{data.name} has no table of broader tags for the refinement parents: give it `parents=`")
        return Parents(data.parents)

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the list with the broader tags."""
        seen = {tag.text for tag in tags}
        out: list[Tag] = []
        for tag in tags:
            out.append(tag)
            missing = [up for up in self._above.get(tag.text, ()) if up not in seen]
            out += [replace(tag, text=up) for up in missing]
            seen.update(missing)
        return out
