"""Products from a user's own file or DataFrame; rows that cannot be used are set aside with the reason."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from tagkit.datasets import separators
from tagkit.datasets.columns import Columns, FileOptions
from tagkit.datasets.products import Converter, explicit_id
from tagkit.datasets.rejects import SUFFIX, FileRow, Rejects
from tagkit.datasets.rows import (
    KINDS,
    TEXT_ENDINGS,
    FileReading,
    file_rows,
    frame_rows,
    is_readable,
    kind_of,
    line_rows,
)
from tagkit.datasets.split import by_part
from tagkit.errors import BadInput, warn
from tagkit.product import Dataset, Product

HEAD = 1000
"""In so many rows of a stream the separator of tags is looked for."""


def read_file(path: str | Path, *, rejects: str | Path | None = None, **options: Unpack[FileOptions]) -> Dataset:
    """Read a file of products: JSON, JSON Lines, CSV, TSV, Excel, LibreOffice, Parquet, a feed in XML, or text.

    A row that cannot be used (no title, a wrong type, broken JSON, a wrong number of fields, an id of an earlier row)
    is written to the rejects file with its line and reason; the other rows are used. A warning and the data set's card
    say how many there are, and what was found out about encoding, separators and columns. JSON rows may also hold
    `annotations` in the form of `Product.to_dict`; other columns are ignored.

    Args:
        path: The file; its suffix determines the format. Text holds a table or one title per line: its first line
            tells.
        rejects: Where to write the rejected rows (default: `<file>.rejects.jsonl` beside it).
        **options: Columns, separators, encoding and sheet where they cannot be found out; see `tagkit.load_data`.

    Raises:
        BadInput: There is no such file, its suffix is unknown, a named column never occurs, or no row can be used.
        MissingExtra: The package for the format is not installed.
    """
    data, reading = understand(path, rejects, **options)
    for note in reading.notes:
        warn(f"{path}: {note}")
    return data


def understand(
    path: str | Path, rejects: str | Path | None = None, **options: Unpack[FileOptions]
) -> tuple[Dataset, FileReading]:
    """Read a file as `read_file` does, and return what was found out about it with the data set."""
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path} is a folder, not a file" if path.is_dir() else f"there is no file {path}")
    if not is_readable(path):
        known = ", ".join((*KINDS, *filter(None, TEXT_ENDINGS)))
        raise BadInput(f"{path}: the suffix must be one of {known}, which .gz may follow")
    reading = _reading(kind_of(path), options)
    place = Path(rejects) if rejects else path.with_name(f"{path.name}{SUFFIX}")
    return _dataset(
        file_rows(path, reading),
        Path(path.name.removesuffix(".gz")).stem,
        str(path),
        Rejects(place, path.name),
        reading,
    ), reading


def from_frame(
    frame: Any, *, name: str = "frame", rejects: str | Path | None = None, **options: Unpack[FileOptions]
) -> Dataset:
    """Turn a pandas DataFrame, or a list, into a data set, under the rules of `read_file`.

    Args:
        frame: One product per row; the index is ignored. Or a list of dictionaries, products or titles.
        name: The name of the data set.
        rejects: Where to write the rejected rows (default: they are only counted).
        **options: Columns and separator as in `read_file`.

    Raises:
        BadInput: A named column is absent, or no row can be used.
    """
    reading = _reading("frame", options)
    data = _dataset(frame_rows(frame), name, name, Rejects(Path(rejects) if rejects else None, name), reading)
    for note in reading.notes:
        warn(f"{name}: {note}")
    return data


def frame_products(frame: Any) -> list[Product]:
    """Return the product of each row of a pandas DataFrame, under the rules of `read_file`.

    Raises:
        BadInput: A row cannot be used; the message names it.
    """
    rows, reading = list(frame_rows(frame)), _reading("frame", {})
    converter = Converter(reading.columns, _separators(rows, reading), _ids(rows, reading.columns))
    out = []
    for row in rows:
        try:
            out.append(converter.product(row))
        except BadInput as error:
            raise BadInput(f"the table, row {row.line}: {error}") from error
    if converter.separators.remark:
        warn(f"the table: {converter.separators.remark}")
    return out


def row_product(values: Mapping[Any, Any]) -> Product:
    """Return the product of one row of a table by itself, under the rules of `read_file`; its id may be "".

    Raises:
        BadInput: It cannot be used.
    """
    row, reading = FileRow(0, {str(name): value for name, value in values.items()}), _reading("frame", {})
    converter = Converter(reading.columns, _separators([row], reading))
    return replace(converter.product(row), id=explicit_id(converter.value_of(row.values, "id")))


def iter_products(
    source: str | Path | Iterable[str],
    *,
    kind: str | None = None,
    rejects: Rejects | None = None,
    **options: Unpack[FileOptions],
) -> Iterator[Product]:
    """Yield the products of `iter_rows` without their rows."""
    return (product for _, product in iter_rows(source, kind=kind, rejects=rejects, **options))


def iter_rows(
    source: str | Path | Iterable[str],
    *,
    kind: str | None = None,
    rejects: Rejects | None = None,
    name: str = "",
    **options: Unpack[FileOptions],
) -> Iterator[tuple[FileRow, Product]]:
    """Yield rows and their products one by one, in bounded memory regardless of the length of the source.

    Ids are not checked for duplicates, which needs all rows; what separates tags is found in the first 1,000 rows.

    Args:
        source: A file, or lines of text such as standard input.
        kind: A value of `tagkit.datasets.rows.KINDS` or "text" (one title per line; empty lines are skipped). Default:
            by the file's suffix; for lines and unknown suffixes by the first line, which begins with a brace in JSON
            Lines and names columns in a table.
        rejects: Receives the rows that cannot be used; without it the first such row is an error.
        name: How messages call the source (default: the path).
        **options: As in `read_file`.

    Raises:
        BadInput: The source cannot be read, a row cannot be used and there is no `rejects`, or no row can be used.
        MissingExtra: The package for the format is not installed.
    """
    if isinstance(source, str | Path):
        name = name or str(source)
        reading = _reading(kind or kind_of(Path(source)), options)
        rows = file_rows(Path(source), reading)
    else:
        name, reading = name or "input", _reading(kind or "", options)
        rows = line_rows(source, reading)
    used = 0
    said = 0
    head = list(itertools.islice(rows, 1))
    head += itertools.islice(rows, 0 if reading.kind == "text" or reading.columns.separator else HEAD - 1)
    found = _separators(head, reading)
    if found.remark:
        reading.notes.append(f"{found.remark} (found in the first {len(head):,} rows)")
    for row, product in _good(itertools.chain(head, rows), Converter(reading.columns, found), rejects, name):
        for note in reading.notes[said:]:
            warn(f"{name}: {note}")
        said = len(reading.notes)
        used += 1
        yield row, product
    if rejects is not None and rejects.count and not used:
        raise BadInput(_nothing(name, rejects))


def _nothing(name: str, rejects: Rejects) -> str:
    """Return the sentence about a source of which nothing can be used."""
    if not rejects.count:
        return f"{name} holds no products"
    return f"{name}: none of {rejects.count} rows can be used; the first: {rejects.first}"


def _reading(kind: str, options: FileOptions) -> FileReading:
    columns = Columns.of(options)
    given = {name: options.get(name) or "" for name in ("encoding", "delimiter", "sheet")}
    return FileReading(kind, columns=columns, **given)  # type: ignore[arg-type]


def _good(
    rows: Iterable[FileRow], converter: Converter, rejects: Rejects | None, name: str
) -> Iterator[tuple[FileRow, Product]]:
    is_first = True
    for row in rows:
        reason = row.reason
        if not reason and all(isinstance(value, str) and value == name for name, value in row.values.items()):
            reason = "it repeats the header"
        if not reason:
            repeats = is_first and converter.columns.repeats_header(row.values)
            is_first = False
            try:
                if not (repeats or _is_blank(row) or converter.is_further(row.values)):
                    yield row, converter.product(row)
                continue
            except BadInput as error:
                reason = str(error)
        if rejects is None:
            raise BadInput(f"{name}, line {row.line}: {reason}")
        rejects.add(row, reason)


def _is_blank(row: FileRow) -> bool:
    return bool(row.values) and all(value == "" for value in row.values.values())


def _dataset(rows: Iterable[FileRow], name: str, origin: str, rejects: Rejects, reading: FileReading) -> Dataset:
    listed = list(rows)
    converter = Converter(reading.columns, _separators(listed, reading), _ids(listed, reading.columns))
    first_line: dict[str, int] = {}
    found: list[tuple[str, Product]] = []
    with rejects:
        for row, product in _good(listed, converter, rejects, origin):
            try:
                if product.id in first_line:
                    raise BadInput(f"the id {product.id!r} is already in line {first_line[product.id]}")
                first_line[product.id] = row.line
                found.append((converter.part(row, product), product))
            except BadInput as error:
                rejects.add(row, str(error))
    total = len(found) + rejects.count
    if not found:
        raise BadInput(_nothing(origin, rejects))
    missing = [column for field, column in reading.columns.named.items() if field not in converter.found]
    if missing:
        raise BadInput(
            f"{origin} has no {', '.join(missing)}; its columns are: {', '.join(map(str, listed[0].values))}"
        )
    reading.found, reading.total, reading.named_parts = converter.found, total, converter.parts
    reading.rejected, reading.separators = rejects.count, converter.separators
    summary = rejects.summary(total)
    names = next((row.values for row in listed if isinstance(row.values, dict)), {})
    further = ", ".join(reading.columns.further_tags(names))
    unread = f"not read: {further}; join all tags in one column, or name one as `tags`" if further else ""
    reading.notes += filter(None, (converter.separators.remark, unread, *converter.notes(), summary))
    said = " ".join(f"{note[0].upper()}{note[1:]}." for note in reading.notes)
    card = f"# {name}\n\nRead from `{origin}`: {len(found)} products. {said}"
    card += "" if summary else " No row was left out."
    return Dataset(name, *by_part(found), card=card.replace("  ", " ") + "\n", licence="the user's own")


def _separators(rows: Iterable[FileRow], reading: FileReading) -> separators.Separators:
    """Return the separators that the user named, or that the cells of all rows show."""
    if reading.columns.separator:
        return separators.given(reading.columns.separator)
    found = []
    for row in rows:
        if not row.reason and row.values:
            columns = reading.columns.find(row.values)
            cell = row.values.get(columns.get("tags", ""))
            if isinstance(cell, str):
                text = " ".join(str(row.values.get(columns.get(name, ""), "")) for name in ("title", "description"))
                found.append((cell, text))
    return separators.find(found)


def _ids(rows: Iterable[FileRow], columns: Columns) -> Counter[str]:
    """Count the ids of all rows."""
    ids: Counter[str] = Counter()
    for row in rows:
        if not row.reason:
            value = row.values.get(columns.find(row.values).get("id", ""))
            if isinstance(value, str | int | float):
                ids[explicit_id(value)] += 1
    return ids
