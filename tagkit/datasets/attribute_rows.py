"""Attribute values in the layout of ExtractGPT and WDC PAVE: for each attribute a mapping with the values as keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tagkit.tags import GOLD, GOLD_OR_NONE, NONE_OR_GOLD, Span, Tag

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


def annotations_in(title: str, targets: Mapping[str, Iterable[str]]) -> tuple[Tag, ...]:
    """Return an annotation for each allowed value of each attribute, at the first place where the title has it.

    Args:
        title: The title.
        targets: The allowed values by attribute, "n/a" where it has none; beside values it says that none is right too.
    """
    return tuple(
        Tag(value, 1.0, gold_source(allowed), _first_span(value, title), name)
        for name, allowed in targets.items()
        for value in values_of(allowed)
    )


def product_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return title, tags, attributes and annotations of a product, by name, from a row of ExtractGPT's layout.

    Args:
        row: It has `input`, the title, and `target_scores`, the allowed values by attribute.
    """
    annotations = annotations_in(row["input"], row["target_scores"])
    return {
        "title": row["input"],
        "attributes": dict.fromkeys(row["target_scores"], ""),
        "tags": tuple(dict.fromkeys(tag.text for tag in annotations)),
        "annotations": annotations,
    }


def _first_span(value: str, title: str) -> tuple[Span, ...]:
    """Return the first occurrence of a value as a whole word, else the first one, empty if it is not in the title."""
    literal = re.escape(value)
    match = re.search(rf"(?<!\w){literal}(?!\w)", title) or re.search(literal, title)
    return (Span(*match.span()),) if match else ()
