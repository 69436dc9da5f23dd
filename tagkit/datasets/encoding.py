"""Find the encoding of bytes: by marks, by what is valid, and by how plausible the text is that each encoding gives."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from tagkit.errors import BadInput

MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
CANDIDATES = ("utf-8-sig", "gb18030", "big5hkscs", "cp1252")
NAMES = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little-endian, without a mark)",
    "utf-16-be": "UTF-16 (big-endian, without a mark)",
    "gb18030": "GB18030",
    "big5hkscs": "Big5",
    "cp1252": "Windows-1252",
}
"""How an encoding is called in messages."""
SAMPLE = 1 << 15
"""Of so many bytes at least, if a file has as many beyond ASCII, is the text judged. They are from all of the file."""
SURE = 0.9
"""From this certainty on, an encoding is not called a guess."""


class Encoding(NamedTuple):
    """An encoding that was found.

    Attributes:
        name: Its name in Python.
        certainty: How sure that is, from 0 to 1: the probability of this encoding among those that were tried.
    """

    name: str
    certainty: float = 1.0

    def __str__(self) -> str:
        """Return a name for messages."""
        return NAMES.get(self.name, self.name)

    def remark(self, origin: str) -> str:
        """Return what a user must know about the encoding of `origin`, "" for UTF-8 and what is marked."""
        if self.name in MARKS.values() and self.certainty >= SURE:
            return ""
        guess = "" if self.certainty >= SURE else ", which is a guess"
        return f"{origin} is read as {self}{guess}; if its text looks wrong, name the `encoding`, such as utf-8 or big5"


class Decoded(NamedTuple):
    """Text, and the encoding that its bytes were in."""

    text: str
    encoding: Encoding


def decode(content: bytes, encoding: str | None = None) -> Decoded:
    """Decode bytes, for example those of standard input.

    Args:
        content: The bytes.
        encoding: Their encoding (default: what `find_encoding` finds).

    Returns:
        The text, in which bytes that cannot be decoded are lone surrogates, and the encoding.

    Raises:
        BadInput: There is no such encoding.
    """
    found = Encoding(encoding) if encoding else find_encoding([content])
    try:
        return Decoded(content.decode(found.name, invalid_as(found.name)).removeprefix("\ufeff"), found)
    except (LookupError, UnicodeError) as error:
        raise BadInput(f"the text cannot be decoded: {error}") from error


def invalid_as(encoding: str) -> str:
    """Return the error handler that decodes what is invalid in an encoding to lone surrogates; rows with them are bad.

    Raises:
        LookupError: There is no such encoding.
    """
    return "surrogatepass" if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")) else "surrogateescape"


def find_encoding(blocks: Iterable[bytes]) -> Encoding:
    """Return the encoding of a text: UTF-8, UTF-16 (with or without a mark), GB18030, Big5 or Windows-1252.

    All of the text is read, in bounded memory. Where no mark tells, the encoding is the one in which the lines beyond
    ASCII need the fewest bits in a coarse model of Chinese and European text. Bytes that are valid in two encodings
    (女童毛帽 in GBK is valid UTF-8) are thereby told apart, and one broken line doesn't change the encoding of a file.

    Args:
        blocks: The bytes, in pieces of any size.
    """
    sample = _Sample()
    for block in blocks:
        sample.add(block)
    sample.end()
    for mark, name in MARKS.items():
        if sample.head.startswith(mark):
            return Encoding(name)
    if b"\0" in sample.head:
        return _most_plausible(sample.head[: len(sample.head) // 2 * 2], ("utf-16-le", "utf-16-be", "utf-8-sig"))
    return _most_plausible(b"\n".join(sample.lines), CANDIDATES) if sample.lines else Encoding("utf-8-sig")


class _Sample:
    """The first bytes of a text, and lines beyond ASCII evenly from all of it."""

    def __init__(self) -> None:
        self.head = b""
        self.lines: list[bytes] = []
        self._rest = b""
        self._size = 0
        self._step = 1
        self._seen = 0

    def add(self, block: bytes) -> None:
        """Take the next bytes."""
        if len(self.head) < SAMPLE:
            self.head += block[: SAMPLE - len(self.head)]
        if block.isascii() and self._rest.isascii():
            self._rest = block[-1:] if block[-1:] != b"\n" else b""
            return
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            self._add_line(line)
        if len(self._rest) > SAMPLE:
            self.end()

    def end(self) -> None:
        """Take the last line, which no line break follows."""
        self._add_line(self._rest)
        self._rest = b""

    def _add_line(self, line: bytes) -> None:
        if line.isascii():
            return
        self._seen += 1
        if self._seen % self._step:
            return
        self.lines.append(line[:SAMPLE])
        self._size += len(self.lines[-1])
        while self._size > 2 * SAMPLE and len(self.lines) > 1:
            self.lines = self.lines[1::2]
            self._size = sum(map(len, self.lines))
            self._step *= 2


def _most_plausible(content: bytes, encodings: Iterable[str]) -> Encoding:
    """Return the encoding whose text needs the fewest bits, and its probability among all; the first one if equal."""
    bits = {name: _bits(content.decode(name, invalid_as(name)), name) for name in encodings}
    best = min(bits, key=lambda name: bits[name])
    return Encoding(best, 1 / sum(2.0 ** max(-1000.0, bits[best] - other) for other in bits.values()))


# Bits per character of each class, in any encoding. A common Chinese character is one of 3,755 (the first level of
# GB2312) or 5,401 (that of Big5); others are rarer by far.
_COMMON, _KNOWN, _RARE = 10.0, 14.0, 18.0
_MARK = 9.0  # punctuation, signs, emoji
_IN_WORD, _ALONE = 6.5, 11.0  # a letter with an accent beside an ASCII letter, and elsewhere
_SWITCH = 8.0  # letters of two scripts without a blank between them
_NEVER = 24.0  # private, unassigned or control characters
_INVALID = 12.0  # per byte
_ASCII = 5.0
_UNUSUAL = {"big5hkscs": 4.0, "cp1252": 4.0}  # before any text is seen

_ACCENTED = re.compile(r"(?<=[A-Za-z])[À-ÖØ-öø-ʯ]|[À-ÖØ-öø-ʯ](?=[a-z])")
_SCRIPTS = (r"À-ÖØ-öø-ʯ", r"\u0370-\u03ff", r"\u0400-\u052f", r"\u0530-\u058f", r"\u0590-\u05ff", r"\u0300-\u036f")
_LETTERS = re.compile("|".join(f"[{script}]+" for script in _SCRIPTS))


def _bits(text: str, encoding: str) -> float:
    """Return how many bits a text needs in the model of an encoding."""
    is_big5 = encoding == "big5hkscs"
    total = _UNUSUAL.get(encoding, 0.0)
    total += sum(count * _weight(char, is_big5) for char, count in Counter(text).items())
    total -= (_ALONE - _IN_WORD) * sum(1 for _ in _ACCENTED.finditer(text))
    ends = [match.span() for match in _LETTERS.finditer(text)]
    total += _SWITCH * sum(end == start for (_, end), (start, _) in pairwise(ends))
    return total


@lru_cache(maxsize=1 << 15)
def _weight(char: str, is_big5: bool) -> float:
    """Return the bits of one character, in Big5 (where traditional characters are the common ones) or elsewhere."""
    code = ord(char)
    if code < 0x80:
        return _ASCII if code >= 0x20 or char in "\t\r\n" else _NEVER
    if 0xDC80 <= code <= 0xDCFF:
        return _INVALID
    if "\u3400" <= char <= "\u9fff" or 0x20000 <= code < 0x33480:
        simplified, traditional = _level(char, "gb2312", 0xB0, 0xD7), _level(char, "big5", 0xA4, 0xC6)
        first, second = (traditional, simplified) if is_big5 else (simplified, traditional)
        return _COMMON if first else _KNOWN if second else _RARE
    if not char.isprintable() and not char.isspace():
        return _NEVER  # U+0080 to U+009F, private and unassigned characters
    if "\u0300" <= char <= "\u036f":
        return _RARE
    if char.isalpha() and code < 0x2000:
        return _ALONE
    return _MARK


def _level(char: str, encoding: str, first: int, last: int) -> bool:
    """Say whether an older standard has a character among its common ones, which are the rows `first` to `last`."""
    try:
        return first <= char.encode(encoding)[0] <= last
    except UnicodeEncodeError:
        return False
