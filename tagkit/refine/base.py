"""What a refinement is: a step that turns a ranked list of tags into a better one, and the chain of several.

Order matters and is kept: after a step that reorders (diversity), no later step sorts again.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from tagkit import registry
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product, Tag, Tags


class Step:
    """Base of all refinements: one file each, named like the step."""

    name: ClassVar[str] = ""

    def fit(self, predictions: Sequence[Sequence[Tag]], products: Sequence[Product]) -> Self:
        """Choose on dev what the step has to choose (thresholds); most steps have nothing to choose.

        Args:
            predictions: What the strategy gave for the dev products.
            products: The dev products, with gold tags.
        """
        return self

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the refined list of one product."""
        raise NotImplementedError

    def for_data(self, data: Dataset) -> Step:
        """Return the step for a comparison on a data set: with its synonyms or its tags where none were given."""
        return self

    def params(self) -> dict[str, Any]:
        """Return the keywords of `__init__` with their values."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        """Return the step as one would write it."""
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.params().items())})"


class Chain:
    """Several refinements, one after the other.

    Args:
        steps: Steps, or their names.
    """

    def __init__(self, steps: Sequence[Step | str]) -> None:
        self.steps = [registry.steps.get(step)() if isinstance(step, str) else step for step in steps]

    @property
    def chooses(self) -> bool:
        """Whether one of the steps chooses something on dev."""
        return any(type(step).fit is not Step.fit for step in self.steps)

    def for_data(self, data: Dataset) -> Chain:
        """Return the chain for a comparison on a data set, see `Step.for_data`."""
        return Chain([step.for_data(data) for step in self.steps])

    def fit(self, predictions: Tags, products: Sequence[Product]) -> Self:
        """Let each step choose on dev, given what the steps before it make of the predictions."""
        current = [list(row) for row in predictions]
        for step in self.steps:
            step.fit(current, products)
            current = [step.apply(row, product) for row, product in zip(current, products, strict=True)]
        return self

    def __call__(self, predictions: Sequence[Sequence[Tag]], products: Sequence[Product]) -> Tags:
        """Refine the lists of several products.

        Raises:
            BadInput: The numbers of lists and products differ.
        """
        if len(predictions) != len(products):
            raise BadInput(f"{len(predictions)} lists for {len(products)} products")
        out = []
        for row, product in zip(predictions, products, strict=True):
            tags = list(row)
            for step in self.steps:
                tags = step.apply(tags, product)
            out.append(tags)
        return out
