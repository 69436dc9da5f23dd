"""Rows of CSV and other delimited text; a stray quote costs its own line only."""

from __future__ import annotations

import csv
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from tagkit.datasets.rejects import FileRow
from tagkit.errors import BadInput

DELIMITERS = ",\t;|"
"""What may separate the fields, the likeliest first."""
HEAD = 5
"""Among so many lines the header is searched for: exports begin with lines such as "sep=;" or "version 1.00"."""
LONGEST = 1 << 17
"""A quoted field that goes on for more characters is taken for a stray quote."""


def find_delimiter(lines: Sequence[str], is_header: Callable[[Sequence[str]], bool]) -> str | None:
    """Return the delimiter with which one of the lines is a header, None if none is.

    Args:
        lines: The first lines of a file.
        is_header: Says whether fields are the names of columns.
    """
    for line in lines[:HEAD]:
        found = {delimiter: _fields(line, delimiter) for delimiter in DELIMITERS}
        if fitting := [delimiter for delimiter, fields in found.items() if is_header(_names(fields))]:
            return max(fitting, key=lambda delimiter: len(found[delimiter]))
    return None


def delimited_rows(
    lines: Iterable[str], delimiter: str, is_header: Callable[[Sequence[str]], bool]
) -> Iterator[FileRow]:
    """Yield the rows below the header as dictionaries.

    A quoted field may span lines. A quote that is never closed, or that would swallow whole rows, is taken for a stray
    one: the row that has it is given with a reason, the rows after it are read. Empty lines are skipped.

    Args:
        lines: Lines with their line breaks.
        delimiter: One character.
        is_header: Says whether fields are the names of columns; without such a line near the top the first is taken.

    Raises:
        BadInput: The delimiter is not one character.
    """
    if len(delimiter) != 1:
        raise BadInput(f"`delimiter` must be one character, not {delimiter!r}")
    rest = iter(lines)
    head = list(itertools.islice(rest, HEAD))
    candidates = (number for number, line in enumerate(head) if is_header(_names(_fields(line, delimiter))))
    skipped = next(candidates, next((number for number, line in enumerate(head) if line.strip()), 0))
    source = _Lines(itertools.chain(head[skipped:], rest), skipped + 1)
    header: list[str] = []
    while (line := source.first()) is not None:
        number = source.number
        fields, reason = _record(source, line, delimiter, len(header))
        if reason:
            yield FileRow(number, line.rstrip("\r\n"), reason)
        elif not header:
            header = unique(_names(fields))
        elif len(fields) > 1 or fields[0].strip():
            while len(fields) > len(header) and not fields[-1].strip():
                fields.pop()
            if len(header) == 1:
                fields = fields if len(fields) == 1 else [line.strip()]  # a comma in the only column is text
            if len(fields) == len(header):
                yield FileRow(number, dict(zip(header, fields, strict=True)))
            else:
                yield FileRow(number, fields, f"{len(fields)} fields where the header has {len(header)}")


class _Lines:
    """Lines that can be read ahead.

    Attributes:
        number: The number of the first line that is not used yet.
    """

    def __init__(self, lines: Iterator[str], number: int) -> None:
        self.number = number
        self._lines = lines
        self._ahead: deque[str] = deque()

    def first(self) -> str | None:
        """Return the first line that is not used yet, None at the end."""
        return next(self.ahead(), None)

    def ahead(self) -> Iterator[str]:
        """Yield the lines that are not used yet, up to `LONGEST` characters."""
        size = 0
        for at in itertools.count():
            if at == len(self._ahead):
                line = next(self._lines, None)
                if line is None or size > LONGEST:
                    if line is not None:
                        self._ahead.append(line)
                    return
                self._ahead.append(line)
            size += len(self._ahead[at])
            yield self._ahead[at]

    def use(self, count: int) -> None:
        """Drop the first lines."""
        self.number += count
        for _ in range(count):
            self._ahead.popleft()


def _record(source: _Lines, line: str, delimiter: str, width: int) -> tuple[list[str], str]:
    """Read one record, and return its fields, or the reason why its first line cannot be used."""
    if '"' not in line:
        source.use(1)
        return line.rstrip("\r\n").split(delimiter), ""
    reader = csv.reader(source.ahead(), delimiter=delimiter, strict=True)
    try:
        fields = next(reader)
    except csv.Error as error:
        source.use(1)
        return [], f"not CSV: {error}" if reader.line_num == 1 else "a quote opens in it and is not closed"
    used = reader.line_num
    if used > 1 and width and _is_stray(list(itertools.islice(source.ahead(), used)), len(fields), delimiter, width):
        source.use(1)
        return [], "a quote opens in it, and closes only after rows that are complete by themselves"
    source.use(used)
    return fields, ""


def _is_stray(lines: list[str], found: int, delimiter: str, width: int) -> bool:
    """Say whether a quote that joined lines to a record was a stray one.

    So it is if the record has a wrong number of fields, or if its lines are rows by themselves: the first, the last and
    most between have as many fields as the header, and begin with a number if the first one does.
    """
    if found != width:
        return True
    alone = [_fields(line, delimiter) for line in lines]
    sound = [len(fields) == width > 1 for fields in alone]
    numbered = alone[0][0].strip().isdigit()
    return (sound[0] and sound[-1] and 2 * sum(sound) >= len(sound)) and not (
        numbered and not all(fields[0].strip().isdigit() for fields in alone if len(fields) == width)
    )


def _fields(line: str, delimiter: str) -> list[str]:
    """Return the fields of a line by itself; quotes that are not closed in it are characters."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return line.rstrip("\r\n").split(delimiter)


def _names(fields: Sequence[str]) -> list[str]:
    return [name.removeprefix("\ufeff").strip() for name in fields]


def unique(names: Iterable[str]) -> list[str]:
    """Number the names that occur again, so that no column hides another."""
    seen: dict[str, int] = {}
    for name in (names := list(names)):
        seen[name] = 0
    out = []
    for name in names:
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out
