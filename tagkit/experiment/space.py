"""What may be chosen for a parameter: a list of choices or a range, as plain values, as text, and for Optuna."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tagkit.errors import BadInput, did_you_mean
from tagkit.tagger import Space
from tagkit.taggers import Tagger

DIGITS = 3
"""A number of a range is rounded to so many significant digits before it is tried, so that it can be written down."""


def parse(text: str) -> tuple[str, Sequence[Any]]:
    """Read `k=5..50`, `penalty=0.1..10 log`, `index=both,char` or `taggers=[["knn"], ["knn", "linear"]]`.

    Args:
        text: A parameter and what may be chosen for it.

    Returns:
        The parameter; a tuple for a range, a list for choices.

    Raises:
        BadInput: It is none of these forms.
    """
    name, equals, body = text.partition("=")
    if not (name.isidentifier() and equals and body.strip()):
        raise BadInput(f"a space is written as k=5..50, rate=1e-4..1e-2 log or index=both,char, not {text!r}")
    if match := re.fullmatch(r"\s*(\S+?)\.\.(\S+)(\s+log)?\s*", body):
        return name, (value(match[1]), value(match[2]), *(["log"] if match[3] else []))
    whole = value(body)
    return name, whole if isinstance(whole, list) else [value(part.strip()) for part in body.split(",")]


def value(text: str) -> Any:
    """Return what a text stands for: JSON where it is some, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def written(values: Sequence[Any]) -> str:
    """Return choices or a range as `parse` reads them."""
    if isinstance(values, list):
        return json.dumps(values, ensure_ascii=False)
    return f"{values[0]}..{values[1]}{' log' if len(values) > 2 else ''}"


def searched(tagger: Tagger, space: Space | None, fixed: Collection[str]) -> dict[str, Sequence[Any]]:
    """Return what is searched, checked: the space given, else the strategy's own less what is fixed.

    Args:
        tagger: The strategy.
        space: Choices and ranges by parameter.
        fixed: Parameters that are not searched.

    Raises:
        BadInput: There is nothing to search, the strategy lacks a parameter, one is both fixed and searched, or choices
            or a range are invalid or not what the parameter takes.
    """
    found = {name: v for name, v in tagger.space.items() if name not in fixed} if space is None else dict(space)
    if not found:
        rest = " beside what is set" if set(fixed) & set(tagger.space) else ""
        raise BadInput(f"{tagger.name} has nothing to tune{rest}; give a space, as in --space 'limit=5..20'")
    known = tagger.get_params()
    for name, values in found.items():
        if name not in known:
            there = ", ".join(known) or "none"
            raise BadInput(f"{tagger.name} has no parameter {name!r}{did_you_mean(name, known)}; it has: {there}")
        if name in fixed:
            raise BadInput(f"{name} is set and searched: do one of the two")
        _check(name, values)
        for value in values if isinstance(values, list) else values[:2]:
            tagger.clone().set_params(**{name: value})
    return found


def _check(name: str, values: Any) -> None:
    if isinstance(values, list):
        if len(set(map(json.dumps, values))) < 2:
            raise BadInput(f"the space of {name} needs two different choices or more, not {values!r}")
        return
    if not (isinstance(values, tuple) and (len(values) == 2 or (len(values) == 3 and values[2] == "log"))):
        raise BadInput(f'the space of {name} is a list of choices or (low, high) or (low, high, "log"), not {values!r}')
    low, high = values[:2]
    if not (_is_number(low) and _is_number(high)):
        raise BadInput(f"the range of {name} runs between two numbers, not from {low!r} to {high!r}")
    if not low < high:
        raise BadInput(f"the range of {name} must run upwards, not from {low} to {high}")
    if len(values) == 3 and low <= 0:
        raise BadInput(f"the range of {name} must begin above 0 on a logarithmic scale, not at {low}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def distribution(values: Sequence[Any]) -> Any:
    """Return choices or a range as Optuna's distribution; a choice is named by its JSON text."""
    from optuna import distributions

    if isinstance(values, list):
        return distributions.CategoricalDistribution([json.dumps(choice) for choice in values])
    whole = all(isinstance(end, int) for end in values[:2])
    kind = distributions.IntDistribution if whole else distributions.FloatDistribution
    return kind(values[0], values[1], log=len(values) > 2)


def decoded(values: Sequence[Any], drawn: Any) -> Any:
    """Return the value of a parameter for what Optuna drew."""
    if isinstance(values, list):
        return json.loads(drawn)
    rounded = float(f"{drawn:.{DIGITS}g}")
    return drawn if isinstance(drawn, int) else min(max(rounded, float(values[0])), float(values[1]))


def encoded(space: Mapping[str, Sequence[Any]], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return those parameters whose value lies within the space, as Optuna has them."""
    out = {}
    for name, values in space.items():
        given = params[name]
        if isinstance(values, list):
            if json.dumps(given) in map(json.dumps, values):
                out[name] = json.dumps(given)
        elif _is_number(given) and values[0] <= given <= values[1]:
            out[name] = given
    return out


def combinations(space: Space, most: int) -> list[dict[str, Any]]:
    """Return all combinations of a space; none where there are more than `most`."""
    options: list[Sequence[Any]] = []
    for values in space.values():
        if isinstance(values, list):
            options.append(json.loads(json.dumps(values)))
        elif isinstance(values[0], int) and isinstance(values[1], int):
            options.append(range(values[0], values[1] + 1))
        else:
            return []
    if math.prod(map(len, options)) > most:
        return []
    return [dict(zip(space, choice, strict=True)) for choice in itertools.product(*options)]
