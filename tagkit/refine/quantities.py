"""Numbers and units in values: read, converted by pint, and written as the wanted values are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

from tagkit.registry import missing_extra

NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+[ -]\d+/\d+|\d+/\d+|\d*\.\d+|\d+")
"""3, 3.5, 1,000, 3/4, 3 1/2 and 3-1/2."""
TARGETS = (
    "mm", "cm", "m", "inch", "foot", "yard", "g", "kg", "oz", "lb", "ml", "cl", "l", "floz", "quart", "gallon",
    "kilobyte", "megabyte", "gigabyte", "terabyte", "MHz", "GHz", "W", "kW", "V", "second", "minute", "hour",
)  # fmt: skip
"""The units in which values may be wanted."""
SIGNS = {'"': "inch", "''": "inch", "”": "inch", "'": "foot", "’": "foot", "in": "inch", "qt": "quart", "lbs": "lb"}
SHORTEST = -1


def number_of(text: str) -> float:
    """Return the number that `NUMBER` found."""
    whole, _, rest = text.replace(",", "").replace("-", " ").partition(" ")
    parts = [whole, rest] if rest else [whole]
    total = 0.0
    for part in parts:
        above, _, below = part.partition("/")
        total += float(above) / (float(below) or 1.0) if below else float(above)
    return total


def decimals_of(text: str) -> int:
    """Return how many decimals a number is written with."""
    return len(text.partition(".")[2])


class NumberFormat(NamedTuple):
    """How numbers are written: with so many decimals, or as few as they need (-1)."""

    decimals: int

    @classmethod
    def of(cls, texts: Iterable[str]) -> NumberFormat:
        """Return the format of the numbers in texts."""
        found = Counter(decimals_of(number) for text in texts for number in NUMBER.findall(text) if "/" not in number)
        if not found:
            return cls(SHORTEST)
        most, count = found.most_common(1)[0]
        return cls(most if count >= 0.95 * found.total() else SHORTEST)

    def __call__(self, number: float) -> str:
        """Return a number as text."""
        return f"{number:.{self.decimals}f}" if self.decimals >= 0 else f"{round(number, 3):.10g}"


def quantity(text: str) -> tuple[float, str] | None:
    """Return the first number of a text and the unit behind it, "" where there is none."""
    match = NUMBER.search(text)
    if not match:
        return None
    unit = re.match(r"\s*-?\s*([A-Za-z]+|''|[\"”'’])?", text[match.end() :])
    return number_of(match.group()), (unit.group(1) or "") if unit else ""


def learn_unit(pairs: Sequence[tuple[str, str]]) -> Callable[[str], str | None] | None:
    """Return a conversion into the unit that fits most pairs of a quantity as written and a number as wanted.

    Args:
        pairs: Values as written, and as wanted.

    Returns:
        A function from a value as written to the number as wanted, None for what is no quantity of that kind; None
        where no unit fits several pairs.

    Raises:
        MissingExtra: pint is not installed, and there are quantities.
    """
    read = [(found, normal) for raw, normal in pairs if NUMBER.fullmatch(normal) and (found := quantity(raw))]
    if not read:
        return None
    form = NumberFormat.of(normal for _, normal in read)
    best: tuple[int, str, str] = (1, "", "")
    for target in TARGETS:
        with_unit = sum(_converted(found, target, "", form) == normal for found, normal in read if found[1])
        bare = [(found, normal) for found, normal in read if not found[1]]
        for default in TARGETS if bare and with_unit else (target,):
            fits = with_unit + sum(_converted(found, target, default, form) == normal for found, normal in bare)
            best = max(best, (fits, target, default))
    _, target, default = best
    if not target:
        return None
    return lambda raw: _converted(quantity(raw), target, default, form)


def _converted(found: tuple[float, str] | None, target: str, default: str, form: NumberFormat) -> str | None:
    if found is None:
        return None
    number, unit = found
    factor = _factor(unit or default, target)
    return None if factor is None else form(number * factor)


@cache
def _factor(unit: str, target: str) -> float | None:
    """Return by what a number in a unit is multiplied to be in another; None where they are not of one kind."""
    units = _units()
    for name in dict.fromkeys((SIGNS.get(unit.lower(), unit), unit.lower(), unit.lower().removesuffix("s"))):
        with suppress(Exception):  # pint raises errors of many kinds for what is no unit
            return float(units(name).to(target).magnitude)
    return None


@cache
def _units() -> Any:
    try:
        import pint
    except ModuleNotFoundError as error:
        raise missing_extra(error, "units of values") from error
    return pint.UnitRegistry(cache_folder=None)
