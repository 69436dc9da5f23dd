"""Find many known phrases in a text in one pass, preferring the longest."""

from __future__ import annotations

import re
from collections.abc import Sequence

import ahocorasick

LATIN = re.compile(r"[0-9a-z]", re.IGNORECASE)


class PhraseMatcher:
    """Forward maximum matching of a list of phrases with an Aho-Corasick automaton.

    From the left, the longest phrase that begins at a position is taken, and the search continues after it.

    Args:
        phrases: The phrases, distinct and not empty.
        whole_words: Whether a phrase that begins or ends with a Latin letter or a digit must be a whole word.

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
        """Return (start, end, index of the phrase) of each match, from left to right and without overlaps."""
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
        chosen, free = [], 0
        for start, minus_end, number in found:
            if start >= free:
                free = -minus_end
                chosen.append((start, free, number))
        return chosen
