"""Read the rows of a user's file one by one, with the numbers of their lines.

To read another format, add its suffix to `KINDS` and what yields its rows to `_rows_of`.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from tagkit.datasets.columns import Columns
from tagkit.datasets.delimited import HEAD, delimited_rows, find_delimiter
from tagkit.datasets.encoding import find_encoding, invalid_as
from tagkit.datasets.feed import feed_rows
from tagkit.datasets.json_rows import json_line_rows, json_rows
from tagkit.datasets.labelled_rows import is_labelled, labelled_rows
from tagkit.datasets.parquet import parquet_rows
from tagkit.datasets.rejects import FileRow
from tagkit.datasets.separators import Separators
from tagkit.datasets.workbook import workbook_rows
from tagkit.errors import BadInput

BLOCK = 1 << 20
MOST_TOKENS = 1000
"""Within so many lines a file of tokens with labels has a blank line."""
GZIP = b"\x1f\x8b"
"""The first bytes of a gzipped file."""
KINDS = {
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    ".json": "json",
    ".csv": "csv",
    **dict.fromkeys((".tsv", ".tab"), "tsv"),
    ".parquet": "parquet",
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "spreadsheet"),
    ".xml": "xml",
    **dict.fromkeys((".bio", ".iob", ".conll"), "bio"),
}
"""The kind of a file by its suffix, which ".gz" may follow; text with one title per line is of the kind "text"."""
TEXT_ENDINGS = ("", ".txt", ".text")
"""The endings of files whose first lines tell what they hold: a table, JSON Lines, tokens with labels, or titles."""
_MAGIC = {b"PAR1": "parquet", b"PK\x03\x04": "spreadsheet", b"\xd0\xcf\x11\xe0": "spreadsheet"}
_DAMAGE = (OSError, EOFError, zlib.error, UnicodeError)


@dataclass
class FileReading:
    """How a file is read: what the user chose, and while it is read, what was found.

    Attributes:
        kind: "jsonl", "json", "csv", "tsv", "parquet", "spreadsheet", "xml", "bio" or "text".
        encoding: Of text.
        delimiter: Of the fields of a line.
        sheet: Of a spreadsheet.
        columns: The columns that the user named.
        notes: What a user must know, a sentence each.
        found: The columns that were found, by field.
        separators: What separates the tags in a cell.
        total: How many rows there are.
        rejected: How many of them cannot be used.
        named_parts: How many name the part that they belong to.
    """

    kind: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    columns: Columns = field(default_factory=Columns)
    notes: list[str] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    separators: Separators = field(default_factory=Separators)
    total: int = 0
    rejected: int = 0
    named_parts: int = 0


def kind_of(path: Path) -> str:
    """Return the kind of a file by its suffix, "" for one whose content tells, and for an unknown one."""
    return KINDS.get(ending_of(path), "")


def ending_of(path: Path) -> str:
    """Return the suffix of a file in lower case; `.gz` is no suffix."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


def is_readable(path: Path) -> bool:
    """Say whether files with this suffix are read."""
    return bool(kind_of(path)) or ending_of(path) in TEXT_ENDINGS


def file_rows(path: Path, reading: FileReading) -> Iterator[FileRow]:
    """Yield the rows of a file, which may be gzipped; a damaged file gives its sound rows and one with a reason.

    Args:
        path: The file.
        reading: Its kind and what else is known; what is not is found out, and noted.

    Raises:
        BadInput: There is no such file, or it cannot be read as a file of that kind.
        MissingExtra: The package for this kind is not installed.
    """
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    with path.open("rb") as file:
        start = file.read(80)
    found = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "")
    if not found and reading.kind in ("parquet", "spreadsheet"):
        if reading.kind == "parquet":
            raise BadInput(f"{path} is not a readable Parquet file: it begins with other bytes")
        if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise BadInput(f"{path} is a web page or XML under the suffix of a spreadsheet: save it as .xlsx")
        found = "csv"  # many systems export delimited text under the suffix of Excel
    if found and found != reading.kind:
        reading.notes.append(f"by its content the file is read as {found}")
        reading.kind = found
    if reading.kind == "parquet":
        yield from parquet_rows(path)
    elif reading.kind == "spreadsheet":
        sheet, rows = workbook_rows(path, reading.sheet or None, reading.columns.is_header, reading.notes.append)
        reading.sheet = sheet
        for row in rows:
            title = reading.columns.find(row.values).get("title", "")
            if isinstance(row.values.get(title), int | float):
                row.values[title] = str(row.values[title])  # a book called 1984
            yield row
    elif reading.kind == "xml":
        with _open(path) as content:
            yield from feed_rows(content)
    else:
        yield from _text_rows(path, reading)


def _text_rows(path: Path, reading: FileReading) -> Iterator[FileRow]:
    if not reading.encoding:
        found = find_encoding(_blocks(path))
        reading.encoding = found.name
        if remark := found.remark("the file"):
            reading.notes.append(remark)
    damage: list[Exception] = []
    newline = "\n" if reading.kind == "jsonl" else ""
    line = 0
    try:
        with _open(path) as content:
            # Bytes that cannot be decoded become lone surrogates, for which a row is rejected later.
            lines = io.TextIOWrapper(content, reading.encoding, invalid_as(reading.encoding), newline)
            for row in line_rows(_until_damage(lines, damage), reading):
                line = row.line
                yield row
    except LookupError as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    if damage:
        yield FileRow(line + 1, None, f"the file cannot be read from here on: {damage[0]}")


def line_rows(lines: Iterable[str], reading: FileReading) -> Iterator[FileRow]:
    """Yield the rows of lines of text.

    Args:
        lines: Lines with their line breaks.
        reading: As for `file_rows`; where it has no kind, the first line tells: "jsonl" or "json" by its brackets,
            "csv" if it names a column for the title, "bio" if it and those that follow are tokens with labels, else
            "text".

    Raises:
        BadInput: The kind is unknown.
    """
    rest = iter(lines)
    head = list(itertools.islice(rest, 1))
    head = [line.removeprefix("\ufeff") for line in head]
    is_header = reading.columns.is_header
    start = head[0].lstrip() if head else ""
    if not reading.kind:
        delimiter = find_delimiter(head, is_header)
        reading.kind = "jsonl" if start.startswith("{") else "json" if start.startswith("[{") else "text"
        if delimiter:
            reading.kind = "csv"
            reading.notes.append("the text is read as a table, since its first line names columns")
        elif is_labelled(head):  # one line may be a title that ends so; many, and a blank line between them, are not
            head += itertools.islice(rest, MOST_TOKENS)
            if is_labelled(head) and any(not line.strip() for line in head):
                reading.kind = "bio"
                reading.notes.append("the text is read as tokens with BIO labels, since all of its lines end with one")
    if reading.kind == "jsonl" and start.startswith("[") and parse_json(start) is None:
        reading.kind = "json"
    if reading.kind in ("csv", "tsv"):
        head += itertools.islice(rest, HEAD - 1)
        reading.delimiter = (
            reading.delimiter or find_delimiter(head, is_header) or ("\t" if reading.kind == "tsv" else ",")
        )
        yield from delimited_rows(itertools.chain(head, rest), reading.delimiter, is_header)
    elif reading.kind == "jsonl":
        yield from json_line_rows(itertools.chain(head, rest))
    elif reading.kind == "json":
        yield from json_rows("".join(itertools.chain(head, rest)))
    elif reading.kind == "bio":
        yield from labelled_rows(itertools.chain(head, rest))
    elif reading.kind == "text":
        numbered = enumerate(itertools.chain(head, rest), 1)
        yield from (FileRow(n, {"title": title}) for n, line in numbered if (title := line.strip()))
    else:
        kinds = ", ".join(dict.fromkeys([*KINDS.values(), "text"]))
        raise BadInput(f"unknown kind of file {reading.kind!r}; there are: {kinds}")


def frame_rows(frame: Any) -> Iterator[FileRow]:
    """Yield the rows of a pandas DataFrame or a list; missing values become None, the line is the position from 1."""
    if isinstance(frame, list | tuple):
        for number, item in enumerate(frame, 1):
            values = {"title": item} if isinstance(item, str) else item.to_dict() if hasattr(item, "to_dict") else item
            is_row = isinstance(values, dict)
            yield FileRow(
                number, values, "" if is_row else f"neither a dictionary, a product nor a text: {item!r}"[:200]
            )
        return
    whole = frame.astype(object).where(frame.notna(), None)
    names = [str(name) for name in frame.columns]
    for number, values in enumerate(whole.itertuples(index=False, name=None), 1):
        yield FileRow(number, dict(zip(names, values, strict=True)))


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, plain or gzipped.

    Raises:
        BadInput: There is no such file, or it cannot be read.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeError as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, unpacked if it is gzipped.

    Raises:
        BadInput: There is no such file, or it cannot be read.
    """
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    try:
        with _open(path) as content:
            return content.read()
    except _DAMAGE as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def parse_json(text: str) -> Any:
    """Return the value of a JSON text, None if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _open(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, unpacked if it is gzipped."""
    with path.open("rb") as file:
        is_gzip = file.read(2) == GZIP
    return cast(IO[bytes], gzip.open(path)) if is_gzip else path.open("rb")


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file up to where it is damaged."""
    with _open(path) as content, contextlib.suppress(*_DAMAGE):
        while block := content.read(BLOCK):
            yield block


def _until_damage(lines: Iterable[str], damage: list[Exception]) -> Iterator[str]:
    """Yield lines up to where the file is damaged, and append the error that says so."""
    try:
        yield from lines
    except _DAMAGE as error:
        damage.append(error)
