"""Whether and where a tag is literally present in a text."""

from __future__ import annotations

import re
from functools import lru_cache

WORD = re.compile(r"[0-9a-z]")


def is_present(tag: str, text: str) -> bool:
    """Say whether a tag is present in a text, ignoring case.

    A tag that begins or ends with a Latin letter or a digit must be a whole word of the text ("red" is not in "bored");
    Chinese has no word boundaries, so any occurrence counts.

    Args:
        tag: The tag.
        text: The text, usually `Product.text`.
    """
    return (low := tag.lower()) in (text := _lower(text)) and (
        not (WORD.match(low[0]) or WORD.match(low[-1])) or _whole_word(low).search(text) is not None
    )


def places(tag: str, text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each occurrence of a tag in a text, as defined by `is_present`, without overlaps."""
    lower = _lower(text)
    if len(lower) != len(text):
        lower = text
    return [match.span() for match in _whole_word(tag.lower()).finditer(lower)]


@lru_cache(maxsize=64)
def _lower(text: str) -> str:
    return text.lower()


@lru_cache(maxsize=10_000)
def _whole_word(tag: str) -> re.Pattern[str]:
    before = r"(?<![0-9a-z])" if WORD.match(tag[0]) else ""
    after = r"(?![0-9a-z])" if WORD.match(tag[-1]) else ""
    return re.compile(before + re.escape(tag) + after)
