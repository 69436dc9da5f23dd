"""Whether and where a tag is literally present in a text: as whole words and whole numbers, in any case."""

from __future__ import annotations

import re
from functools import lru_cache

DIGIT = "0-9０-９"
WORD = f"{DIGIT}A-Za-zＡ-Ｚａ-ｚ\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u03ff\u0400-\u052f"
"""The characters of words with boundaries: digits and Latin, Greek and Cyrillic letters, inside a character class."""
_WORD, _DIGIT = re.compile(f"[{WORD}]"), re.compile(f"[{DIGIT}]")
_POINT = "[.．]"
_THOUSANDS = re.compile(f"[{DIGIT}]{{3}}(?![{DIGIT}])")


def lower(text: str) -> str:
    """Return a text in lower case with as many characters (`str.lower` turns the one letter İ into two)."""
    return text.replace("İ", "i").lower()


def is_present(tag: str, text: str) -> bool:
    """Say whether a tag is present in a text, ignoring case.

    A tag that begins or ends with a letter or a digit must be a whole word of the text ("red" is not in "bored") and
    must not cut a number ("5L" is not in "1.5L", nor "500" in "1,500"); Chinese has no word boundaries, so any
    occurrence counts.

    Args:
        tag: The tag.
        text: The text, usually `Product.text`.
    """
    return (low := lower(tag)) in (text := _lower(text)) and (
        boundaries(low) == ("", "") or _whole(low).search(text) is not None
    )


def places(tag: str, text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each occurrence of a tag in a text, as defined by `is_present`, without overlaps."""
    return [match.span() for match in _whole(lower(tag)).finditer(_lower(text))]


@lru_cache(maxsize=10_000)
def boundaries(phrase: str) -> tuple[str, str]:
    """Return the patterns of what precedes and follows each occurrence of a phrase; they match no characters.

    Args:
        phrase: Not empty; "" stands for no condition.
    """
    before = after = ""
    if _WORD.match(phrase[0]):
        before = f"(?<![{WORD}])"
    if _DIGIT.match(phrase[0]):
        before += rf"(?<![{DIGIT}\s]{_POINT})(?<!^{_POINT})"
        before += f"(?<![{DIGIT}],)" if _THOUSANDS.match(phrase) else ""
    elif re.match(f"[.．,][{DIGIT}]", phrase):
        before = f"(?<![{DIGIT}])"
    if _WORD.match(phrase[-1]):
        after = f"(?![{WORD}])"
    if _DIGIT.match(phrase[-1]):
        after += f"(?!{_POINT}[{DIGIT}])(?!,[{DIGIT}]{{3}}(?![{DIGIT}]))"
    return before, after


@lru_cache(maxsize=64)
def _lower(text: str) -> str:
    return lower(text)


@lru_cache(maxsize=10_000)
def _whole(phrase: str) -> re.Pattern[str]:
    before, after = boundaries(phrase)
    return re.compile(before + re.escape(phrase) + after)
