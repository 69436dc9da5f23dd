"""Find many known phrases in a text in one pass, preferring the longest."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Sequence
from functools import cache

import ahocorasick

from tagkit.text.present import boundaries

log = logging.getLogger(__name__)
_compiled = cache(re.compile)


def warn_of_short(tags: Iterable[str], min_chars: int, name: str) -> None:
    """Log how many tags are too short for a dictionary.

    Args:
        tags: The tags, each once.
        min_chars: Shorter ones are left out.
        name: The strategy.
    """
    lengths = [len(tag) for tag in tags]
    if short := sum(length < min_chars for length in lengths):
        message = "%s: %d of %d tags %s shorter than `min_chars` (%d) and cannot be found"
        log.warning(message, name, short, len(lengths), "is" if short == 1 else "are", min_chars)


class PhraseMatcher:
    """Forward maximum matching of a list of phrases with an Aho-Corasick automaton.

    From the left, the longest phrase that begins at a position is taken, and the search continues after it. A phrase
    that begins or ends with a letter or a digit must be a whole word and must not cut a number, as in
    `tagkit.text.is_present`.

    Args:
        phrases: The phrases, distinct and not empty.

    Source: Aho and Corasick, Efficient string matching (CACM 1975), through the package pyahocorasick.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        self._empty = not phrases
        self._boundaries = [
            tuple(_compiled(pattern) if pattern else None for pattern in boundaries(phrase)) for phrase in phrases
        ]
        for number, phrase in enumerate(phrases):
            self._automaton.add_word(phrase, (len(phrase), number))
        self._automaton.make_automaton()

    def find(self, text: str, without: Collection[int] = ()) -> list[tuple[int, int, int]]:
        """Return (start, end, index of the phrase) of each match, from left to right and without overlaps.

        Args:
            text: The text.
            without: The indices of phrases that are not looked for.
        """
        if self._empty:
            return []
        found = []
        for last, (length, number) in self._automaton.iter(text):
            end = last + 1
            start = end - length
            if number in without:
                continue
            before, after = self._boundaries[number]
            if (before is None or before.match(text, start)) and (after is None or after.match(text, end)):
                found.append((start, -end, number))
        found.sort()
        chosen, free = [], 0
        for start, minus_end, number in found:
            if start >= free:
                free = -minus_end
                chosen.append((start, free, number))
        return chosen
