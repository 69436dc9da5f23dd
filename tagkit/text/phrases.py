"""Find many known phrases in a text in one pass, the longest first."""

from __future__ import annotations

import re
from collections.abc import Sequence

import ahocorasick

LATIN = re.compile(r"[0-9a-z]", re.IGNORECASE)


class PhraseMatcher:
    """Forward maximum match of a list of phrases by one Aho-Corasick automaton.

    From the left, the longest phrase that begins there is taken, and the search goes on behind it.

    Args:
        phrases: What to find, each non-empty and once.
        whole_words: Whether a phrase that begins or ends with a Latin letter or a digit must stand as a whole word.

    Source: Aho and Corasick, Efficient string matching (CACM 1975), through the package pyahocorasick.
    """

    def __init__(self, phrases: Sequence[str], *, whole_words: bool = True) -> None:
        self._automaton = ahocorasick.Automaton()
        self._empty = not phrases
        for number, phrase in enumerate(phrases):
            edges = [whole_words and LATIN.match(phrase[at]) is not None for at in (0, -1)]
            self._automaton.add_word(phrase, (len(phrase), number, *edges))
        self._automaton.make_automaton()

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """Return (start, end, number of the phrase) of each match, from left to right, none overlapping another."""
        if self._empty:
            return []
        found = []
        for last, (length, number, left, right) in self._automaton.iter(text):
            end = last + 1
            start = end - length
            if left and start and LATIN.match(text, start - 1):
                continue
            if right and LATIN.match(text, end):
                continue
            found.append((start, -end, number))
        found.sort()
        kept, free = [], 0
        for start, minus_end, number in found:
            if start >= free:
                free = -minus_end
                kept.append((start, free, number))
        return kept
