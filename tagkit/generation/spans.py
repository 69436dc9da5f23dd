"""The spans of a text as token sequences, so that a model can be held to copy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tokenizers import Tokenizer

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"\d+|[{CJK}]|[^\W\d_{CJK}]+|[^\w\s]|_")
"""Where a span may begin and end: around numbers, words of letters, punctuation, and each Chinese character."""
CHARACTERS = 160
"""No span is longer than this."""


class TextSpans(NamedTuple):
    """The spans of one text.

    Attributes:
        sequences: The tokens of each, as they stand behind a blank.
        places: Its first character in the text, and the one behind its last.
    """

    sequences: list[list[int]]
    places: list[tuple[int, int]]


def plain(text: str) -> str:
    """Return a text with every white space as a blank, so that it is one line and all places stay."""
    return re.sub(r"\s", " ", text)


def text_spans(tokenizer: Tokenizer, texts: Sequence[str], stops: Sequence[int], longest: int = 24) -> list[TextSpans]:
    """Return the spans of each text between borders of words.

    The tokens of a span are the beginning of those of the text from its first character on; that is how a byte-pair
    tokenizer that parts words cuts the span itself. Token borders within a character are not ends.

    Args:
        tokenizer: The tokenizer.
        texts: The texts.
        stops: Tokens that no span may contain (the special tokens of a list).
        longest: The most tokens of a span.
    """
    starts = [[match.start() for match in WORD.finditer(text)] for text in texts]
    pieces = [
        f" {plain(text[at : at + CHARACTERS])}" for text, places in zip(texts, starts, strict=True) for at in places
    ]
    encoded = iter(tokenizer.encode_batch(pieces, add_special_tokens=False))
    forbidden = frozenset(stops)
    found = []
    for text, places in zip(texts, starts, strict=True):
        ends = {match.end() for match in WORD.finditer(text)}
        out = TextSpans([], [])
        for at in places:
            encoding = next(encoded)
            for tokens, length in _ends(encoding.ids[:longest], encoding.offsets, forbidden):
                if length > 1 and at + length - 1 in ends:  # a first token may be the blank alone
                    out.sequences.append(tokens)
                    out.places.append((at, at + length - 1))
        found.append(out)
    return found


def _ends(
    ids: list[int], offsets: Sequence[tuple[int, int]], forbidden: frozenset[int]
) -> Iterator[tuple[list[int], int]]:
    """Yield the beginnings of a token sequence that end with a whole character, and how many characters they have."""
    for count, token in enumerate(ids, 1):
        if token in forbidden:
            return
        end = offsets[count - 1][1]
        if count == len(offsets) or offsets[count][0] >= end:
            yield ids[:count], end
