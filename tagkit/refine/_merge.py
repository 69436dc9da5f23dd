"""Fold tags that have become equal into one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tagkit.product import Tag


def merge(tags: Iterable[Tag]) -> list[Tag]:
    """Return the tags with each (text, type) once.

    The one with the best rank stays where it is and keeps its source; it takes the highest score of the equal ones and
    all their spans.
    """
    merged: dict[tuple[str, str], Tag] = {}
    for tag in tags:
        key = (tag.text, tag.type)
        first = merged.get(key)
        if first is None:
            merged[key] = tag
        else:
            spans = sorted({*first.spans, *tag.spans}, key=lambda span: (span.start, span.end))
            merged[key] = replace(first, score=max(first.score, tag.score), spans=tuple(spans))
    return list(merged.values())
