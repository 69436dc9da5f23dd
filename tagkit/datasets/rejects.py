"""The record of rows that cannot be used."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any, NamedTuple, Self, TextIO

from tagkit.errors import reason, warn

SUFFIX = ".rejects.jsonl"
"""What the name of the default file of rejects adds to that of the file that was read."""


class FileRow(NamedTuple):
    """One row: its line (1 for the first line of the file), its values, and the reason if it cannot be used."""

    line: int
    values: Any
    reason: str = ""


class Rejects:
    """Rows that cannot be used: counted, and written as JSON lines with `file`, `line`, `reason` and `row`.

    The file is created for the first row. An existing file is replaced, or removed when no row was rejected, only if it
    holds the rejects of an earlier reading of the same file; otherwise another name is chosen, and a warning says so. A
    file that cannot be written is a warning as well.

    Args:
        path: Where to write them; None only counts them.
        source: The name of the file that is read (default: that of `path` without ".rejects.jsonl").

    Attributes:
        path: Where they are written.
        count: How many rows were added.
        first: Line and reason of the first one, "" if there is none.
    """

    def __init__(self, path: Path | None = None, source: str = "") -> None:
        self.path = path
        self.source = source or (path.name.removesuffix(SUFFIX) if path else "")
        self.count = 0
        self.first = ""
        self._file: TextIO | None = None

    def add(self, row: FileRow, reason: str) -> None:
        """Count one row and write it if possible."""
        self.count += 1
        self.first = self.first or f"line {row.line}: {reason}"
        if self.path is None:
            return
        record = {"file": self.source, "line": row.line, "reason": reason, "row": row.values}
        try:
            self._file = self._file or self._open(self.path)
            self._file.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")
        except OSError as error:
            self._give_up(error)

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
        try:
            if self._file is not None:
                self._file.close()
            elif kind is None and self.path is not None and self._is_own(self.path):
                self.path.unlink()
        except OSError as error:
            if self.count:
                self._give_up(error)

    def _open(self, path: Path) -> TextIO:
        numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))
        self.path = next(p for p in itertools.chain([path], numbered) if not p.exists() or self._is_own(p))
        if self.path != path:
            warn(f"{path} does not hold rejected rows of {self.source or 'this file'}: they go to {self.path}")
        return self.path.open("w", encoding="utf-8", errors="backslashreplace")

    def _is_own(self, path: Path) -> bool:
        """Say whether a file holds the rejects of an earlier reading of the same file."""
        if not path.is_file():
            return False
        with path.open(encoding="utf-8", errors="replace") as lines:
            start = lines.readline(1 << 16)
        keys = json.dumps({"file": self.source}, ensure_ascii=False)[:-1]
        return start.startswith(f'{keys}, "line": ') and ', "reason": ' in start

    def _give_up(self, error: OSError) -> None:
        warn(f"the rejected rows cannot be written to {self.path}: {reason(error)}")
        self.path = None
