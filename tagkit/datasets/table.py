"""Write rows as a table that a spreadsheet opens without harm: CSV, Excel (xlsx) and Parquet."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import IO, Any

from tagkit.errors import BadInput
from tagkit.registry import missing_extra

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""The first characters of a cell that spreadsheets compute, also full-width ones (OWASP, CSV Injection)."""
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
MOST_ROWS, MOST_CHARS = 1_048_576, 32_767
"""What a sheet and a cell of Excel hold."""
Row = Mapping[str, Any]


def safe_cell(value: Any) -> Any:
    """Return a value whose text no spreadsheet computes: an apostrophe stands before what would be a formula."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def write_csv(rows: Iterable[Row], columns: list[str], file: IO[bytes]) -> None:
    """Write rows as CSV in UTF-8 with a byte order mark, by which Excel recognises Chinese."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", errors="backslashreplace")
    writer = csv.writer(text)
    writer.writerow(map(safe_cell, columns))
    writer.writerows([safe_cell(_flat(row.get(name))) for name in columns] for row in rows)
    text.detach()


def write_xlsx(rows: Iterable[Row], columns: list[str], file: IO[bytes]) -> None:
    """Write rows as the only sheet of an Excel file; a text is never a formula.

    Raises:
        BadInput: There are more rows than a sheet holds, or a text is longer than a cell.
        MissingExtra: openpyxl is not installed.
    """
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    except ModuleNotFoundError as error:
        raise missing_extra(error, "writing Excel files") from error
    book = Workbook(write_only=True)
    sheet = book.create_sheet("tagkit")

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = ILLEGAL_CHARACTERS_RE.sub("", value)
        if len(text) > MOST_CHARS:
            raise BadInput(f"a cell of Excel holds {MOST_CHARS:,} characters, not {len(text):,}: write .csv instead")
        made = WriteOnlyCell(sheet, text)
        made.data_type = "s"
        made.quotePrefix = safe_cell(text) != text
        return made

    with closing(sheet):
        sheet.append([cell(name) for name in columns])
        for number, row in enumerate(rows, 2):
            if number > MOST_ROWS:
                raise BadInput(f"a sheet of Excel holds {MOST_ROWS - 1:,} products: write .csv instead")
            sheet.append([cell(_flat(row.get(name))) for name in columns])
    book.save(file)


def write_parquet(rows: Iterable[Row], columns: list[str], file: IO[bytes]) -> None:
    """Write rows as Parquet; a column with values of several kinds becomes text.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise missing_extra(error, "writing Parquet") from error
    kept = list(rows)
    arrays = {}
    for name in columns:
        values = [row.get(name) for row in kept]
        try:
            arrays[name] = pyarrow.array(values)
        except pyarrow.ArrowException:
            arrays[name] = pyarrow.array([None if value is None else str(_flat(value)) for value in values])
    parquet.write_table(pyarrow.table(arrays), file)


def _flat(value: Any) -> Any:
    """Return a value as a cell holds it: a list or an object as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


WRITERS: dict[str, Callable[[Iterable[Row], list[str], IO[bytes]], None]] = {
    ".csv": write_csv,
    ".xlsx": write_xlsx,
    ".parquet": write_parquet,
}
"""What writes a table, by the ending of the file."""
