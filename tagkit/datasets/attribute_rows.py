"""The allowed values of one attribute in the layout of ExtractGPT and WDC PAVE: a mapping with the values as keys."""

from __future__ import annotations

from collections.abc import Iterable

from tagkit.tags import GOLD, GOLD_OR_NONE, NONE_OR_GOLD

NO_VALUE = "n/a"


def values_of(allowed: Iterable[str]) -> list[str]:
    """Return the distinct allowed values without blanks around them, and without "n/a"."""
    return [value for value in dict.fromkeys(map(str.strip, allowed)) if value not in ("", NO_VALUE)]


def gold_source(allowed: Iterable[str]) -> str:
    """Return the source of the annotations of an attribute, which says whether no value is allowed beside these."""
    names = list(map(str.strip, allowed))
    if NO_VALUE not in names:
        return GOLD
    return NONE_OR_GOLD if names[0] == NO_VALUE else GOLD_OR_NONE
