"""What the entity measures share: exact matches of spans over all products."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagkit.errors import BadInput
from tagkit.measures.base import Measure
from tagkit.measures.run import Run
from tagkit.product import Tag


class EntityMeasure(Measure):
    """Base of entity-P, entity-R and entity-F1.

    Args:
        typed: Whether the type must be right too.
    """

    source = "Tjong Kim Sang and De Meulder, Introduction to the CoNLL-2003 Shared Task (CoNLL 2003)"
    needs = "spans"

    def __init__(self, typed: bool = True) -> None:
        if not isinstance(typed, bool):
            raise BadInput(f"typed is True or False, not {typed!r}")
        self.typed = typed

    def statistics(self, run: Run) -> NDArray[np.float64]:
        """Return per product the correct, the predicted and the gold entities, shape (n, 3).

        Raises:
            BadInput: The run lacks `products`, or its predictions are not `Tag`s.
        """
        if run.products is None:
            raise BadInput(f"{self} needs to know the annotations of the products: pass `products=`")
        out = np.zeros((len(run), 3))
        for counts, row, product in zip(out, run.raw, run.products, strict=True):
            found, gold = self.entities(row), self.entities(product.annotations)
            counts[:] = len(found & gold), len(found), len(gold)
        return out

    def entities(self, tags: Iterable[Any]) -> set[tuple[int, int, str]]:
        """Return the distinct (start, end, type) of all spans of all tags; the type is "" where it does not matter."""
        out: set[tuple[int, int, str]] = set()
        for tag in tags:
            if not isinstance(tag, Tag):
                raise BadInput(f"{self} needs tags with spans, not the string {tag!r}")
            out.update((span.start, span.end, tag.type if self.typed else "") for span in tag.spans)
        return out
