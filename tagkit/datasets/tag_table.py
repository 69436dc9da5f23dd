"""Read a table of two columns: a tag, and what a shop knows of it, such as its facet or the tag above it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tagkit.datasets.columns import Columns
from tagkit.datasets.delimited import delimited_rows, find_delimiter
from tagkit.datasets.encoding import decode
from tagkit.datasets.rows import read_bytes
from tagkit.errors import BadInput, warn
from tagkit.tags import LONGEST, check_text


class TagRow(NamedTuple):
    """A row of a table of tags.

    Attributes:
        line: Its line in the file.
        tag: The tag.
        value: What stands beside it.
    """

    line: int
    tag: str
    value: str


def tag_rows(path: str | Path, value: str) -> Iterator[TagRow]:
    """Yield the rows of a table whose first column is a tag, and whose second is something known of it.

    The file is TSV or CSV, plain or gzipped; encoding and delimiter are found out. A header may stand above the rows:
    its first name is one that is used for tags (tag, 标签, …), and columns after the second are left out. Empty lines
    are skipped, and so are blanks around the texts.

    Args:
        path: The file.
        value: How messages call the second column.

    Raises:
        BadInput: The file cannot be read, or a row has not two texts; the message names its line.
    """
    path = Path(path)
    text, encoding = decode(read_bytes(path))
    if remark := encoding.remark(str(path)):
        warn(f"{remark.partition(';')[0]}; if its text looks wrong, save it as UTF-8")
    lines = io.StringIO(text, newline="").readlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = "\t" if "\t" in first else find_delimiter([first], lambda fields: len(fields) > 1) or ","
    above = [] if find_delimiter([first], _is_header) else [f"tag{delimiter}{value}\n"]
    for row in delimited_rows([*above, *lines], delimiter, _is_header):
        line = row.line - len(above)
        cells = [] if row.reason else [str(cell).strip() for cell in row.values.values()][:2]
        if len(cells) < 2 or not all(cells):
            needed = f"a row needs a tag and a {value}, not {row.values!r}"[:LONGEST]
            raise BadInput(f"{path}, line {line}: {row.reason if isinstance(row.values, str) else needed}")
        try:
            for name, cell in zip(("the tag", f"the {value}"), cells, strict=True):
                check_text(name, cell)
        except BadInput as error:
            raise BadInput(f"{path}, line {line}: {error}") from error
        yield TagRow(line, *cells)


def read_facets(path: str | Path) -> dict[str, str]:
    """Return the facet of each tag of a table, under the rules of `tag_rows`.

    Raises:
        BadInput: As `tag_rows`, or a tag has two facets.
    """
    found: dict[str, TagRow] = {}
    for row in tag_rows(path, "facet"):
        earlier = found.setdefault(row.tag, row)
        if earlier.value != row.value:
            raise BadInput(
                f"{path}, line {row.line}: {row.tag!r} is given the facet {row.value!r}, and {earlier.value!r} in line "
                f"{earlier.line}"
            )
    if not found:
        raise BadInput(f"{path} has no rows of a tag and its facet")
    return {row.tag: row.value for row in found.values()}


def _is_header(fields: Sequence[str]) -> bool:
    return len(fields) > 1 and "tags" in Columns().find(fields[:1])
