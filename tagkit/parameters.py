"""Check the values of parameters against their annotations, such as `k: PositiveInt` or `index: Literal["a", "b"]`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, ClassVar, get_origin, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from tagkit.errors import BadInput, did_you_mean

PositiveInt = Annotated[int, Field(ge=1)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, le=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
REASONS = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "a text",
    "sequence_str": "a list",
    "is_instance_of": "a list",
    "list_type": "a list",
    "too_short": "a list of one or more",
    "mapping_type": "keys with values",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "greater_than": "above {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "below {lt:g}",
    "less_than_equal": "at most {le:g}",
    "literal_error": "one of {choices}",
}
"""What a value must be, by the type of pydantic's error."""


def check(owner: type, name: str, values: Mapping[str, Any]) -> None:
    """Check values of parameters without changing them.

    Numbers, texts and truth values must have their type (a whole number also counts as a number); NumPy's scalars count
    as Python's, and a path as its text.

    Args:
        owner: The class whose annotated attributes are the parameters.
        name: What it is called in messages.
        values: By parameter.

    Raises:
        BadInput: A value has the wrong type or lies outside its range; the message names the parameter.
    """
    known = _adapters(owner)
    for parameter, value in values.items():
        if parameter in known:
            try:
                known[parameter].validate_python(_plain(value))
            except ValidationError as error:
                raise BadInput(f"{name}: {parameter} must be {_written(error, value)}") from error


@cache
def _adapters(owner: type) -> dict[str, TypeAdapter[Any]]:
    """Return what checks each annotated attribute; annotations that pydantic does not understand are not checked."""
    config = ConfigDict(strict=True, arbitrary_types_allowed=True, allow_inf_nan=False)
    adapters = {}
    try:
        hints = get_type_hints(owner, include_extras=True)
    except NameError:  # a name that is imported for type checkers alone
        return {}
    for name, hint in hints.items():
        if get_origin(hint) is not ClassVar and hint is not ClassVar:
            with suppress(PydanticUserError):
                adapters[name] = TypeAdapter(hint, config=config)
    return adapters


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.tolist() if hasattr(value, "tolist") else value


def requirement(found: Mapping[str, Any], shown: str) -> str:
    """Return what a value must be, from an error of pydantic, such as "a whole number, not 2.5".

    Args:
        found: One of `ValidationError.errors()`.
        shown: The value as the message shows it.
    """
    limits, hint = dict(found.get("ctx", {})), ""
    if found["type"] == "literal_error":
        choices = [choice.strip("'") for choice in limits["expected"].replace(" or ", ", ").split(", ")]
        limits["choices"] = ", ".join(choices)
        hint = did_you_mean(str(found["input"]), choices)
    reason = REASONS.get(found["type"], f"valid ({found['msg']})").format(**limits)
    return f"{reason}, not {shown}{hint}"


def _written(error: ValidationError, value: Any) -> str:
    first, shown = error.errors()[0], repr(value)
    place = f", at {'.'.join(map(str, first['loc']))}" if first["loc"] else ""
    return f"{requirement(first, shown if len(shown) <= 80 else f'{shown[:80]}…')}{place}"
