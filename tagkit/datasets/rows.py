"""Read the rows of a user's file one by one with their line numbers, and record those that cannot be used."""

from __future__ import annotations

import csv
import gzip
import json
import warnings
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self, TextIO

from tagkit.errors import BadInput
from tagkit.registry import missing_extra

HEAD = 1 << 20
"""How many bytes of a file are read to detect its encoding."""
GZIP = b"\x1f\x8b"
"""The first bytes of a gzipped file."""
KINDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"}


class FileRow(NamedTuple):
    """One row: its line (1 for the first line of the file), its values, and the reason if it cannot be used."""

    line: int
    values: Any
    reason: str = ""


class Rejects:
    """Rows that cannot be used: counted, and written as JSON lines with `line`, `reason` and `row`.

    The file is created for the first row; without any row, a file of an earlier reading is removed.

    Args:
        path: Where to write them; None only counts them.

    Attributes:
        count: How many rows were added.
        first: Line and reason of the first one, "" if there is none.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.count = 0
        self.first = ""
        self._file: TextIO | None = None

    def add(self, row: FileRow, reason: str) -> None:
        """Count one row and write it if possible."""
        self.count += 1
        self.first = self.first or f"line {row.line}: {reason}"
        if self.path is None:
            return
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace")
            record = {"line": row.line, "reason": reason, "row": row.values}
            self._file.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")
        except OSError as error:
            warnings.warn(f"the rejected rows cannot be written to {self.path}: {error}", stacklevel=2)
            self.path = None

    def summary(self, total: int) -> str:
        """Return one sentence about the rejected rows among `total`, "" if there is none."""
        if not self.count:
            return ""
        where = f"; all of them are in {self.path}" if self.path else ""
        return f"{self.count} of {total} rows were left out, the first for this reason: {self.first}{where}"

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        elif self.path is not None and kind is None:
            self.path.unlink(missing_ok=True)


def find_encoding(path: Path) -> str:
    """Return "utf-16" (by its byte order mark), "gb18030" (if most non-ASCII lines are not UTF-8) or "utf-8-sig".

    Spreadsheets in Chinese still write GBK, of which GB18030 is a superset; a warning says so. A single broken line
    doesn't change the encoding of a file.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    lines = head.split(b"\n")
    if len(head) == HEAD and len(lines) > 1:
        lines.pop()  # it may be cut in the middle of a character
    beyond_ascii = [line for line in lines if not line.isascii()]
    if 2 * sum(not _is_utf8(line) for line in beyond_ascii) <= len(beyond_ascii):
        return "utf-8-sig"
    warnings.warn(f"{path} is not UTF-8 and is read as GB18030 (if it is neither, name its `encoding`)", stacklevel=2)
    return "gb18030"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def file_rows(path: Path, kind: str, encoding: str | None = None, delimiter: str | None = None) -> Iterator[FileRow]:
    """Yield the rows of a file, which is read once.

    Args:
        path: The file.
        kind: "jsonl", "csv", "tsv", "parquet" or "text" (one title per line).
        encoding: Its encoding (default: what `find_encoding` detects).
        delimiter: The separator of the fields (default: a comma for "csv", a tab for "tsv").

    Raises:
        BadInput: There is no such file, or it cannot be read as a file of that kind.
        MissingExtra: The package for Parquet is not installed.
    """
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    if kind == "parquet":
        yield from _parquet_rows(path)
        return
    newline = "\n" if kind in ("jsonl", "text") else ""
    try:
        # Bytes that cannot be decoded become lone surrogates, for which a row is rejected later.
        with path.open(encoding=encoding or find_encoding(path), errors="surrogateescape", newline=newline) as lines:
            yield from line_rows(lines, kind, delimiter)
    except (LookupError, UnicodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def line_rows(lines: Iterable[str], kind: str, delimiter: str | None = None) -> Iterator[FileRow]:
    """Yield the rows of lines of text, with `kind` and `delimiter` as in `file_rows`."""
    if kind == "jsonl":
        yield from _json_rows(lines)
    elif kind in ("csv", "tsv"):
        yield from _csv_rows(lines, delimiter or ("\t" if kind == "tsv" else ","))
    elif kind == "text":
        yield from (FileRow(n, {"title": title}) for n, line in enumerate(lines, 1) if (title := line.strip()))
    else:
        raise BadInput(f"unknown kind of file {kind!r}; there are: jsonl, csv, tsv, text, and parquet (files only)")


def _json_rows(lines: Iterable[str]) -> Iterator[FileRow]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield FileRow(number, line.rstrip("\r\n"), f"not JSON: {error}")
            continue
        yield FileRow(number, values, "" if isinstance(values, dict) else "not a JSON object")


def _csv_rows(lines: Iterable[str], delimiter: str) -> Iterator[FileRow]:
    if len(delimiter) != 1:
        raise BadInput(f"`delimiter` must be one character, not {delimiter!r}")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] = []
    while True:
        number = reader.line_num + 1  # a quoted field may span lines: the first one counts
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield FileRow(number, None, f"not CSV: {error}")
            continue
        if not fields:
            continue
        if not header:
            header = [name.strip() for name in fields]
        elif len(fields) != len(header):
            yield FileRow(number, fields, f"{len(fields)} fields where the header has {len(header)}")
        else:
            yield FileRow(number, dict(zip(header, fields, strict=True)))


def _parquet_rows(path: Path) -> Iterator[FileRow]:
    """Yield the rows of a Parquet file batch by batch; the line is the row's position, counted from 1."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise missing_extra(error, "reading Parquet") from error
    number = 0
    try:
        for batch in parquet.ParquetFile(path).iter_batches():
            for values in batch.to_pylist():
                number += 1
                yield FileRow(number, values)
    except pyarrow.ArrowException as error:
        raise BadInput(f"{path} is not a readable Parquet file: {error}") from error


def frame_rows(frame: Any) -> Iterator[FileRow]:
    """Yield the rows of a pandas DataFrame; missing values become None, the line is the position, counted from 1."""
    whole = frame.astype(object).where(frame.notna(), None)
    names = [str(name) for name in frame.columns]
    for number, values in enumerate(whole.itertuples(index=False, name=None), 1):
        yield FileRow(number, dict(zip(names, values, strict=True)))


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, plain or gzipped.

    Raises:
        BadInput: There is no such file, or it cannot be read.
    """
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    content = path.read_bytes()
    try:
        return (gzip.decompress(content) if content.startswith(GZIP) else content).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def parse_json(text: str) -> Any:
    """Return the value of a JSON text, None if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
