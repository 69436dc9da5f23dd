"""The spans of a text as token sequences, so that a model can be constrained to copy values from the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tokenizers import Tokenizer

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"\d+(?:[.,]\d+)*|[{CJK}]|[^\W\d_{CJK}]+|[^\w\s]|_")
"""Spans start and end at the borders of these: numbers, words, punctuation marks, and single Chinese characters."""
MAX_CHARACTERS = 160
"""The maximum length of a span."""


class TextSpans(NamedTuple):
    """The spans of one text.

    Attributes:
        sequences: The tokens of each span, as tokenised after a blank.
        places: The start and the (exclusive) end of each span, in characters.
    """

    sequences: list[list[int]]
    places: list[tuple[int, int]]


def one_line(text: str) -> str:
    """Return a text with every white-space character replaced by a blank; offsets do not change."""
    return re.sub(r"\s", " ", text)


def text_spans(tokenizer: Tokenizer, texts: Sequence[str], stops: Sequence[int], longest: int = 24) -> list[TextSpans]:
    """Return the spans of each text between word borders.

    The tokens of a span are the first tokens of the text from its first character on, which is how a byte-pair
    tokenizer that splits at words tokenises the span itself. Spans do not end within a character.

    Args:
        tokenizer: The tokenizer.
        texts: The texts.
        stops: Tokens that no span may contain (the special tokens of a list).
        longest: The maximum number of tokens of a span.
    """
    starts = [[match.start() for match in WORD.finditer(text)] for text in texts]
    pieces = [
        f" {one_line(text[start : start + MAX_CHARACTERS])}"
        for text, row in zip(texts, starts, strict=True)
        for start in row
    ]
    encoded = iter(tokenizer.encode_batch(pieces, add_special_tokens=False))
    forbidden = frozenset(stops)
    found = []
    for text, row in zip(texts, starts, strict=True):
        ends = {match.end() for match in WORD.finditer(text)}
        out = TextSpans([], [])
        for start in row:
            encoding = next(encoded)
            for tokens, length in _prefixes(encoding.ids[:longest], encoding.offsets, forbidden):
                if length > 1 and start + length - 1 in ends:  # the first token may be the blank alone
                    out.sequences.append(tokens)
                    out.places.append((start, start + length - 1))
        found.append(out)
    return found


def _prefixes(
    ids: list[int], offsets: Sequence[tuple[int, int]], forbidden: frozenset[int]
) -> Iterator[tuple[list[int], int]]:
    """Yield the prefixes of a token sequence that end at a whole character, and their lengths in characters."""
    for count, token in enumerate(ids, 1):
        if token in forbidden:
            return
        end = offsets[count - 1][1]
        if count == len(offsets) or offsets[count][0] >= end:
            yield ids[:count], end
