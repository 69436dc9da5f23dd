"""Products from a user's own file or DataFrame: good rows are used, bad rows are set aside with their reason."""

from __future__ import annotations

import gzip
import itertools
import json
import warnings
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tagkit.datasets._convert import Columns, named_columns, to_part, to_product
from tagkit.datasets.rows import KINDS, Rejects, Row, file_rows, frame_rows, line_rows
from tagkit.datasets.split import by_part
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product

GZIP = b"\x1f\x8b"
"""The first bytes of a gzipped file."""


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
    """Return the value of a JSON text, None where it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_file(
    path: str | Path,
    *,
    rejects: str | Path | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    **columns: str,
) -> Dataset:
    """Read a JSON Lines, CSV, TSV or Parquet file of products.

    A row that cannot be used (no title, a wrong type, broken JSON, a wrong number of fields, an id that was there
    before) goes to the rejects file with its line and reason; the others are used. The count is said in a warning and
    on the data set's card. JSON rows may also hold `attributes`, `images` and `annotations` as `Product.to_dict` gives
    them; other fields are ignored.

    Args:
        path: The file; its ending says the format.
        rejects: Where the bad rows go; `<file>.rejects.jsonl` beside it if absent.
        encoding: Its encoding; UTF-8 (with or without mark), UTF-16 with mark and GB18030 are found by themselves.
        delimiter: What parts the fields of a CSV file, if not a comma.
        **columns: Other names for the fields, or another tag separator; see `Columns`.

    Raises:
        BadInput: There is no such file, its ending is unknown, a named column never occurs, or no row can be used.
        MissingExtra: The package for Parquet is not installed.
    """
    path = Path(path)
    if path.suffix.lower() not in KINDS:
        raise BadInput(f"{path}: the ending must be one of {', '.join(KINDS)}")
    rows = file_rows(path, KINDS[path.suffix.lower()], encoding, delimiter)
    place = Path(rejects) if rejects else path.with_name(f"{path.name}.rejects.jsonl")
    return _dataset(rows, path.stem, str(path), Rejects(place), columns)


def from_frame(frame: Any, *, name: str = "frame", rejects: str | Path | None = None, **columns: str) -> Dataset:
    """Turn a pandas DataFrame into a data set, under the rules of `read_file`.

    Args:
        frame: One product a row; the index is ignored.
        name: The name of the data set.
        rejects: Where bad rows go; they are only counted if absent.
        **columns: Other names for the columns, or another tag separator; see `Columns`.

    Raises:
        BadInput: A named column is not there, or no row can be used.
    """
    return _dataset(frame_rows(frame), name, name, Rejects(Path(rejects) if rejects else None), columns)


def iter_products(
    source: str | Path | Iterable[str],
    *,
    kind: str | None = None,
    rejects: Rejects | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    **columns: str,
) -> Iterator[Product]:
    """Yield products one by one, in bounded memory, however long the source is.

    Ids are not compared with each other, which would need memory for all of them.

    Args:
        source: A file, or lines of text such as standard input.
        kind: "jsonl", "csv", "tsv", "parquet" or "text" (one title a line; empty lines are passed over). By default the
            file's ending says it, anything unknown being text; lines are JSON if the first begins with "{", else text.
        rejects: Takes the rows that cannot be used; without it the first such row is an error.
        encoding: As in `read_file`.
        delimiter: As in `read_file`.
        **columns: As in `read_file`.

    Raises:
        BadInput: The source cannot be read, a row cannot be used and there is no `rejects`, or no row can be used.
        MissingExtra: The package for Parquet is not installed.
    """
    if isinstance(source, (str, Path)):
        name, path = str(source), Path(source)
        rows = file_rows(path, kind or KINDS.get(path.suffix.lower(), "text"), encoding, delimiter)
    else:
        name, lines = "input", iter(source)
        first = list(itertools.islice(lines, 1))
        guess = "jsonl" if first and first[0].lstrip("\ufeff \t").startswith("{") else "text"
        first = [line.removeprefix("\ufeff") for line in first]
        rows = line_rows(itertools.chain(first, lines), kind or guess, delimiter)
    used = 0
    for _, product in _good(rows, named_columns(columns), rejects, name):
        used += 1
        yield product
    if rejects is not None and rejects.count and not used:
        raise BadInput(f"{name}: no row can be used; the first: {rejects.first}")


def _good(rows: Iterable[Row], columns: Columns, rejects: Rejects | None, name: str) -> Iterator[tuple[Row, Product]]:
    for row in rows:
        reason = row.reason
        if not reason:
            try:
                yield row, to_product(row, columns)
                continue
            except BadInput as error:
                reason = str(error)
        if rejects is None:
            raise BadInput(f"{name}, line {row.line}: {reason}")
        rejects.add(row, reason)


def _dataset(rows: Iterable[Row], name: str, origin: str, rejects: Rejects, named: Mapping[str, str]) -> Dataset:
    columns = named_columns(named)
    missing = {value for key, value in named.items() if key != "separator"}
    first_line: dict[str, int] = {}
    found: list[tuple[str, Product]] = []
    with rejects:
        for row, product in _good(rows, columns, rejects, origin):
            missing -= row.values.keys()
            earlier = first_line.setdefault(product.id, row.line)
            try:
                if earlier != row.line:
                    raise BadInput(f"the id {product.id!r} stands in line {earlier} already")
                found.append((to_part(row, product, columns), product))
            except BadInput as error:
                rejects.add(row, str(error))
    total = len(found) + rejects.count
    if not found:
        reason = f"; the first: {rejects.first}" if rejects.count else ""
        raise BadInput(f"{origin}: none of {total} rows can be used{reason}")
    if missing:
        raise BadInput(f"{origin} has no {', '.join(sorted(missing))}")
    summary = rejects.summary(total)
    if summary:
        warnings.warn(f"{origin}: {summary}", stacklevel=3)
    card = f"# {name}\n\nRead from `{origin}`: {len(found)} products. {summary or 'No row was left out.'}\n"
    return Dataset(name, *by_part(found), card=card, licence="the user's own")
