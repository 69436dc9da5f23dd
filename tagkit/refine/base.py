"""What a refinement is: a step that turns a ranked list of tags into a better one, and the chain of several.

The order of a list is part of the result: after a step that reorders (diversity), no later step sorts again.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, dataclass_transform

from tagkit import registry
from tagkit.errors import BadInput
from tagkit.parameters import check
from tagkit.product import Dataset, Product, Tag, Tags


@dataclass_transform(eq_default=False)
@dataclass(eq=False)
class Step:
    """Base of all refinements.

    Every subclass is a dataclass: its annotated class attributes are its parameters. What `fit` chooses is stored in
    attributes whose names end in "_"; attributes whose names begin with "_" are derived from the parameters.

    Raises:
        BadInput: A parameter has a wrong type or lies outside its range.
    """

    name: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        """Make the subclass a dataclass."""
        super().__init_subclass__(**options)
        dataclass(eq=False)(cls)

    def __post_init__(self) -> None:
        """Check the parameters."""
        check(type(self), self.name, self.params())

    def fit(self, predictions: Sequence[Sequence[Tag]], products: Sequence[Product]) -> Self:
        """Choose on dev what the step has to choose (thresholds); most steps have nothing to choose.

        Args:
            predictions: The tags that the strategy predicts for the dev products.
            products: The dev products, with gold tags.
        """
        return self

    def prepare(self, predictions: Sequence[Sequence[Tag]]) -> None:
        """Make ready what `apply` needs for several lists, in one go; most steps need nothing."""

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the refined list of one product."""
        raise NotImplementedError

    def for_data(self, data: Dataset) -> Step:
        """Return the step for a data set: with its synonyms or its tags where none were given."""
        return self

    def extended(self, known: Collection[str], new: Sequence[str]) -> Self:
        """Return a copy for a strategy that learned tags beside the known ones; most steps do not depend on those."""
        return copy.copy(self)

    def params(self) -> dict[str, Any]:
        """Return the parameters with their values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def state(self) -> dict[str, Any]:
        """Return the parameters, tables included, and what `fit` chose, as JSON values."""
        return {name: _to_json(value) for name, value in vars(self).items() if not name.startswith("_")}

    def restore(self, state: Mapping[str, Any]) -> Self:
        """Take what `state` returned.

        Raises:
            BadInput: It is the state of another step, or a parameter in it has a wrong value.
        """
        if set(state) != set(self.state()):
            raise BadInput(f"this is no state of the refinement {self.name}: it holds {', '.join(state) or 'nothing'}")
        type(self).__init__(self, **{name: state[name] for name in self.params()})
        vars(self).update({name: value for name, value in state.items() if name.endswith("_")})
        return self


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
        """Return the chain for a data set, see `Step.for_data`."""
        return Chain([step.for_data(data) for step in self.steps])

    def extended(self, known: Collection[str], new: Sequence[str]) -> Chain:
        """Return a copy of the chain, see `Step.extended`."""
        return Chain([step.extended(known, new) for step in self.steps])

    def fit(self, predictions: Sequence[Sequence[Tag]], products: Sequence[Product]) -> Self:
        """Let each step choose on dev, given the lists that the steps before it return."""
        current: Sequence[Sequence[Tag]] = predictions
        for step in self.steps:
            current = _applied(step.fit(current, products), current, products)
        return self

    def __call__(self, predictions: Sequence[Sequence[Tag]], products: Sequence[Product]) -> Tags:
        """Refine the lists of several products.

        Raises:
            BadInput: The numbers of lists and products differ.
        """
        if len(predictions) != len(products):
            raise BadInput(f"{len(predictions)} lists for {len(products)} products")
        current = [list(row) for row in predictions]
        for step in self.steps:
            current = _applied(step, current, products)
        return current

    def to_dict(self) -> dict[str, Any]:
        """Return the steps with their states as JSON values."""
        return {"steps": [{"name": step.name, "state": step.state()} for step in self.steps]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build the chain that `to_dict` described.

        Raises:
            BadInput: The data does not describe a chain.
            UnknownName: A step is not registered.
        """
        try:
            named = [(step["name"], dict(step["state"])) for step in data["steps"]]
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"this does not describe a chain of refinements: {error!r}") from error
        return cls([registry.steps.get(name)().restore(state) for name, state in named])


def _applied(step: Step, predictions: Sequence[Sequence[Tag]], products: Sequence[Product]) -> Tags:
    step.prepare(predictions)
    return [step.apply(list(row), product) for row, product in zip(predictions, products, strict=True)]


def _to_json(value: Any) -> Any:
    """Return a parameter as JSON values: mappings as dictionaries, sequences as lists."""
    if isinstance(value, Mapping):
        return {key: _to_json(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_to_json(inner) for inner in value]
    return value
