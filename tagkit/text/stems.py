"""English stems, which are the same for words that differ in their endings only."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

PIECE = re.compile(r"\w+(?:[-'’.&/]\w+)*|[^\w\s]")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the Porter stem of a word, in lower case; a word without Latin letters stays as it is.

    Args:
        word: One word; a word with a hyphen has one stem.

    Source: Porter, An algorithm for suffix stripping (Program 1980), through the package snowballstemmer.
    """
    return str(_porter().stemWord(word.lower()))


@lru_cache(maxsize=100_000)
def stems(text: str) -> str:
    """Return a phrase of stems, with one blank between words and punctuation marks."""
    return " ".join(map(stem, PIECE.findall(text)))


@cache
def _porter() -> Any:
    from snowballstemmer import stemmer

    return stemmer("porter")
