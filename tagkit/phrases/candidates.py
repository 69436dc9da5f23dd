"""A text as a list of words, and the candidate phrases that can be chosen among them.

The strategies work on `TextWord`s and `Phrase`s alone, so that it does not matter to them how the words were found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tagkit.product import Span
from tagkit.text.clean_text import CleanText

Positions = list[tuple[int, int]]
"""The positions (first word, last word) of phrases among the words of a text."""


@dataclass(frozen=True, slots=True)
class TextWord:
    """One token of a text.

    Attributes:
        form: Words with the same form are the same word: one node of a word graph.
        start: Where the word begins in the cleaned text.
        end: Where it ends there, exclusive.
        keep: Whether it may be part of a candidate.
        gap: The original text between it and the word before it.
        pos: "N" for a noun, "A" for an adjective, "" for other words and where the part of speech is unknown.
        alone: Whether it forms no phrase with other words: a Chinese word in a text of another language.
    """

    form: str
    start: int
    end: int
    keep: bool = True
    gap: str = ""
    pos: str = ""
    alone: bool = False

    @property
    def joins_previous(self) -> bool:
        """Whether it can form a phrase with the word before it: no gap, or blanks before a Latin word."""
        return not self.gap or (self.form.isascii() and not self.gap.strip(" "))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A candidate: a sequence of adjacent words with all its occurrences.

    Attributes:
        text: The phrase as it is written at its first occurrence.
        words: The forms of its words.
        places: The positions (first word, last word) of all occurrences, in order.
        key: Identifies the same phrase in other texts: its text or, where English is stemmed, its stems.
    """

    text: str
    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    key: str = ""


@dataclass(frozen=True)
class Document:
    """The text of one product as words.

    Attributes:
        clean: The cleaned text with its alignment to the original.
        lang: The language, "zh" or "en".
        words: The words in order.
        stemmed: Whether phrases are the same if their stems are.
    """

    clean: CleanText
    lang: str
    words: Sequence[TextWord]
    stemmed: bool = False

    def phrases(self, positions: Positions) -> list[Phrase]:
        """Group occurrences into phrases, in the order of their first occurrence."""
        forms = [word.form for word in self.words]
        places: dict[str, Positions] = {}
        for first, last in positions:
            key = " ".join(forms[first : last + 1]) if self.stemmed else self.text(first, last)
            places.setdefault(key, []).append((first, last))
        return [
            Phrase(self.text(*at[0]), tuple(forms[at[0][0] : at[0][1] + 1]), tuple(at), key)
            for key, at in places.items()
        ]

    def text(self, first: int, last: int) -> str:
        """Return the text from the first to the last word, in lower case."""
        return " ".join(self.clean.text[self.words[first].start : self.words[last].end].lower().split())

    def spans(self, phrase: Phrase) -> tuple[Span, ...]:
        """Return the places of a phrase in the original text."""
        return tuple(self.clean.to_original(self.words[i].start, self.words[j].end) for i, j in phrase.places)


Selection = Callable[[Sequence[TextWord], "int | None"], Positions]
"""Chooses candidates from all words of a text and the maximum length of a phrase (None: any length)."""


def runs(words: Sequence[TextWord], only: Collection[str] | None = None) -> Positions:
    """Return the longest sequences of adjacent kept words.

    Args:
        words: All words of the text.
        only: The forms to use; None: all that are kept.
    """
    found: Positions = []
    for i, word in enumerate(words):
        if not word.keep or (only is not None and word.form not in only):
            continue
        if found and found[-1][1] == i - 1 and word.joins_previous and not (word.alone or words[i - 1].alone):
            found[-1] = (found[-1][0], i)
        else:
            found.append((i, i))
    return found


def ngrams(words: Sequence[TextWord], max_words: int | None) -> Positions:
    """Return all sequences of up to `max_words` adjacent kept words."""
    found = []
    for first, last in runs(words):
        length = last - first + 1
        for size in range(1, min(length if max_words is None else max_words, length) + 1):
            found += [(i, i + size - 1) for i in range(first, last - size + 2)]
    return found


def longest(words: Sequence[TextWord], max_words: int | None, only: Collection[str] | None = None) -> Positions:
    """Return the longest sequences of adjacent kept words; one of more than `max_words` words is split into its words.

    Args:
        words: All words of the text.
        max_words: The maximum length; None: any length.
        only: The forms to use; None: all that are kept.
    """
    found = []
    for first, last in runs(words, only):
        if max_words is None or last - first < max_words:
            found.append((first, last))
        else:
            found += [(i, i) for i in range(first, last + 1)]
    return found


def noun_phrases(words: Sequence[TextWord], max_words: int | None) -> Positions:
    """Return the sequences of nouns with the adjectives before them, up to `max_words` words long."""
    kinds = "".join(word.pos or "-" for word in words)
    found = ((match.start(), match.end() - 1) for match in re.finditer("A*N+", kinds))
    return [(first, last) for first, last in found if max_words is None or last - first < max_words]
