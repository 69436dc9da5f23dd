"""Rows of a sheet of Excel or LibreOffice."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tagkit.datasets.delimited import HEAD, unique
from tagkit.datasets.rejects import FileRow
from tagkit.errors import BadInput
from tagkit.registry import missing_extra

EXACT = 1e15
"""Numbers from here on have lost digits in a spreadsheet, which keeps 15."""


def workbook_rows(
    path: Path, sheet: str | None, is_header: Callable[[Sequence[str]], bool], note: Callable[[str], None]
) -> tuple[str, Iterator[FileRow]]:
    """Return the name of one sheet and the rows below its header; a row is numbered as in the spreadsheet.

    Args:
        path: An .xlsx, .xls, .xlsb or .ods file.
        sheet: The name of the sheet (default: the only one with a column for the title).
        is_header: Says whether cells are the names of columns.
        note: Is told which sheet was chosen among several.

    Raises:
        BadInput: The file cannot be read, has no such sheet, or not exactly one sheet has a column for the title.
        MissingExtra: The package for spreadsheets is not installed.
    """
    try:
        import python_calamine as calamine
    except ModuleNotFoundError as error:
        raise missing_extra(error, "reading spreadsheets") from error
    try:
        with calamine.load_workbook(str(path)) as book:
            names = book.sheet_names
            if sheet is not None and sheet not in names:
                raise BadInput(f"{path} has no sheet {sheet!r}; its sheets are: {', '.join(names)}")
            tables = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
    except (calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{path} is not a readable spreadsheet: {error}") from error
    headers = {
        name: next((n for n, row in enumerate(t[:HEAD]) if is_header(_texts(row))), None) for name, t in tables.items()
    }
    fitting = [name for name, number in headers.items() if number is not None]
    if sheet is None:
        if len(fitting) != 1:
            found = "no sheet has" if not fitting else f"{len(fitting)} sheets have"
            listed = "; ".join(
                f"{name}: {', '.join(_texts(next(iter(t), []))) or 'empty'}" for name, t in tables.items()
            )
            raise BadInput(f"{path}: {found} a column for the title; name a sheet or the column ({listed})"[:1000])
        sheet = fitting[0]
        if len(names) > 1:
            note(f"the sheet {sheet} is read, the only one of {len(names)} with a column for the title")
    first = headers[sheet] or 0
    header = unique(_texts(next(iter(tables[sheet][first:]), [])))
    numbered = enumerate(tables[sheet][first + 1 :], first + 2)
    return sheet, (
        FileRow(number, dict(zip(header, map(_plain, row), strict=False)))
        for number, row in numbered
        if any(cell != "" for cell in row)
    )


def _texts(row: Sequence[Any]) -> list[str]:
    return [str(_plain(cell)).strip() for cell in row]


def _plain(cell: Any) -> Any:
    """Return a cell's text or number, a whole one as an integer unless it has lost digits."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < EXACT else cell
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return cell if isinstance(cell, str | int) else str(cell)
