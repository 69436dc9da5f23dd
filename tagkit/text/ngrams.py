"""Character n-grams and their overlap."""

from __future__ import annotations

from collections.abc import Set


def char_ngrams(text: str, n: int) -> frozenset[str]:
    """Return the set of character n-grams of a text; a shorter text is its own n-gram, an empty one has none."""
    if len(text) <= n:
        return frozenset([text] if text else [])
    return frozenset(text[i : i + n] for i in range(len(text) - n + 1))


def jaccard(a: Set[str], b: Set[str]) -> float:
    """Return the size of the intersection over that of the union; 0 when both are empty."""
    union = len(a | b)
    return len(a & b) / union if union else 0.0
