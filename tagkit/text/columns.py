"""Texts in columns of a terminal, where a Chinese character takes two."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def aligned(texts: Sequence[str], *, left: bool) -> list[str]:
    """Return texts with blanks to one width, at the left or at the right of it."""
    width = max(map(columns_of, texts))
    blanks = [" " * (width - columns_of(text)) for text in texts]
    return [text + blank if left else blank + text for text, blank in zip(texts, blanks, strict=True)]
