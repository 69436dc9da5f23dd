"""Products from a user's own file or DataFrame; rows that cannot be used are set aside with the reason."""

from __future__ import annotations

import dataclasses
import itertools
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

from tagkit.datasets.rows import KINDS, FileRow, Rejects, file_rows, frame_rows, line_rows
from tagkit.datasets.split import PARTS, by_part, split_of
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product, Tag, annotations_of

PART_NAMES = {"valid": "dev", "validation": "dev", "val": "dev"}


@dataclass(frozen=True)
class Columns:
    """The names of a product's fields in a file.

    Attributes:
        id: A text or whole number, unique in the file (default: the line's number).
        title: The only required field.
        description: Further text.
        category: Levels separated by "/".
        tags: The gold tags: a list, or a text split at `separator`.
        lang: "zh" or "en".
        split: "train", "dev" or "test"; if absent or empty, 70/10/20 by the hash of the id, or of the text where there
            is no id (so that copies stay together).
        separator: The separator of the tags in a text. ";" includes its full-width form.
    """

    id: str = "id"
    title: str = "title"
    description: str = "description"
    category: str = "category"
    tags: str = "tags"
    lang: str = "lang"
    split: str = "split"
    separator: str = ";"


def read_file(
    path: str | Path,
    *,
    rejects: str | Path | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    **columns: str,
) -> Dataset:
    """Read a JSON Lines, CSV, TSV or Parquet file of products.

    A row that cannot be used (no title, a wrong type, broken JSON, a wrong number of fields, an id of an earlier row)
    is written to the rejects file with its line and reason; the other rows are used. A warning and the data set's card
    report the count. JSON rows may also hold `attributes`, `images` and `annotations` in the form of `Product.to_dict`;
    other fields are ignored.

    Args:
        path: The file; its suffix determines the format.
        rejects: Where to write the rejected rows (default: `<file>.rejects.jsonl` beside it).
        encoding: Its encoding (default: detected among UTF-8, UTF-16 with a byte order mark, and GB18030).
        delimiter: The separator of the fields (default: a comma for CSV, a tab for TSV).
        **columns: Other names of the fields, or another separator of tags; see `Columns`.

    Raises:
        BadInput: There is no such file, its suffix is unknown, a named column never occurs, or no row can be used.
        MissingExtra: The package for Parquet is not installed.
    """
    path = Path(path)
    if path.suffix.lower() not in KINDS:
        raise BadInput(f"{path}: the suffix must be one of {', '.join(KINDS)}")
    rows = file_rows(path, KINDS[path.suffix.lower()], encoding, delimiter)
    place = Path(rejects) if rejects else path.with_name(f"{path.name}.rejects.jsonl")
    return _dataset(rows, path.stem, str(path), Rejects(place), columns)


def from_frame(frame: Any, *, name: str = "frame", rejects: str | Path | None = None, **columns: str) -> Dataset:
    """Turn a pandas DataFrame into a data set, under the rules of `read_file`.

    Args:
        frame: One product per row; the index is ignored.
        name: The name of the data set.
        rejects: Where to write the rejected rows (default: they are only counted).
        **columns: Other names of the columns, or another separator of tags; see `Columns`.

    Raises:
        BadInput: A named column is absent, or no row can be used.
    """
    return _dataset(frame_rows(frame), name, name, Rejects(Path(rejects) if rejects else None), columns)


def frame_products(frame: Any) -> list[Product]:
    """Return the product of each row of a pandas DataFrame, under the rules of `read_file`.

    Raises:
        BadInput: A row cannot be used; the message names it.
    """
    return [product for _, product in _good(frame_rows(frame), Columns(), None, "the table")]


def iter_products(
    source: str | Path | Iterable[str],
    *,
    kind: str | None = None,
    rejects: Rejects | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    **columns: str,
) -> Iterator[Product]:
    """Yield products one by one, in bounded memory regardless of the length of the source.

    Ids are not checked for duplicates, which would need memory for all of them.

    Args:
        source: A file, or lines of text such as standard input.
        kind: "jsonl", "csv", "tsv", "parquet" or "text" (one title per line; empty lines are skipped). Default: by the
            file's suffix, with "text" for unknown ones; lines are "jsonl" if the first begins with "{", else "text".
        rejects: Receives the rows that cannot be used; without it the first such row is an error.
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
    for _, product in _good(rows, _named_columns(columns), rejects, name):
        used += 1
        yield product
    if rejects is not None and rejects.count and not used:
        raise BadInput(f"{name}: no row can be used; the first: {rejects.first}")


def _good(
    rows: Iterable[FileRow], columns: Columns, rejects: Rejects | None, name: str
) -> Iterator[tuple[FileRow, Product]]:
    for row in rows:
        reason = row.reason
        if not reason:
            try:
                yield row, _to_product(row, columns)
                continue
            except BadInput as error:
                reason = str(error)
        if rejects is None:
            raise BadInput(f"{name}, line {row.line}: {reason}")
        rejects.add(row, reason)


def _dataset(rows: Iterable[FileRow], name: str, origin: str, rejects: Rejects, named: Mapping[str, str]) -> Dataset:
    columns = _named_columns(named)
    missing = {value for key, value in named.items() if key != "separator"}
    first_line: dict[str, int] = {}
    found: list[tuple[str, Product]] = []
    with rejects:
        for row, product in _good(rows, columns, rejects, origin):
            missing -= row.values.keys()
            earlier = first_line.setdefault(product.id, row.line)
            try:
                if earlier != row.line:
                    raise BadInput(f"the id {product.id!r} is already in line {earlier}")
                found.append((_to_part(row, product, columns), product))
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


def _named_columns(named: Mapping[str, str]) -> Columns:
    known = [field.name for field in dataclasses.fields(Columns)]
    for name, value in named.items():
        if name not in known:
            raise BadInput(f"unknown option {name!r}; the columns of a file are: {', '.join(known)}")
        if not isinstance(value, str) or not value:
            raise BadInput(f"`{name}` must be a non-empty text, not {value!r}")
    return Columns(**named)


def _to_product(row: FileRow, columns: Columns) -> Product:
    """Turn a row into a product; the message of a `BadInput` is the reason without the line."""
    values = row.values
    title = _text_of(values, columns.title, strip=False)  # as written: spans count in it
    if not title.strip():
        raise BadInput(f"no `{columns.title}` (the row has: {', '.join(map(str, values)) or 'nothing'})")
    return Product(
        _id_of(values, columns) or str(row.line),
        title,
        _text_of(values, columns.description, strip=False),
        _text_of(values, columns.category),
        _strings(values.get("attributes")),
        _images(values.get("images")),
        _text_of(values, columns.lang),
        _tags(values.get(columns.tags), columns),
        _annotations(values.get("annotations")),
    )


def _text_of(values: Mapping[str, Any], name: str, strip: bool = True) -> str:
    """Return a field's text, "" if it is absent."""
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip() if strip else value
    raise BadInput(f"`{name}` is {type(value).__name__}, not text: {value!r}"[:200])


def _id_of(values: Mapping[str, Any], columns: Columns) -> str:
    """Return the id, which may be a whole number, as text."""
    value = values.get(columns.id)
    if isinstance(value, Integral) and not isinstance(value, bool):
        return str(value)
    return _text_of(values, columns.id)


def _images(value: Any) -> tuple[str, ...]:
    listed = value.split() if isinstance(value, str) else _listed(value)
    if not all(isinstance(image, str) for image in listed):
        raise BadInput(f"`images` must be a list of texts, not {value!r}"[:200])
    return tuple(listed)


def _listed(value: Any) -> list[Any] | tuple[Any, ...]:
    """Return a list, also of the numpy arrays of Parquet files and DataFrames; [None] for any other value."""
    if value is None:
        return []
    plain = value.tolist() if hasattr(value, "tolist") else value
    return plain if isinstance(plain, (list, tuple)) else [None]


def _strings(value: Any) -> dict[str, str]:
    if value is None or isinstance(value, str):  # a column of text that happens to have this name
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(x, str) for pair in value.items() for x in pair):
        raise BadInput(f"`attributes` must map texts to texts, not {value!r}"[:200])
    return dict(value)


def _annotations(value: Any) -> tuple[Tag, ...]:
    return () if isinstance(value, str) else annotations_of(_listed(value))


def _tags(value: Any, columns: Columns) -> tuple[str, ...]:
    if isinstance(value, str):
        separator = columns.separator
        text = value.replace("；", ";") if separator == ";" else value
        return tuple(dict.fromkeys(tag for part in text.split(separator) if (tag := part.strip())))
    listed = _listed(value)
    if not all(isinstance(tag, str) and tag.strip() for tag in listed):
        raise BadInput(f"`{columns.tags}` must be a list of non-empty texts, not {value!r}"[:200])
    return tuple(dict.fromkeys(tag.strip() for tag in listed))


def _to_part(row: FileRow, product: Product, columns: Columns) -> str:
    """Return the part that a row names, or else the one by hash."""
    named = _text_of(row.values, columns.split).lower()
    part = PART_NAMES.get(named, named)
    if part in PARTS:
        return part
    if part:
        raise BadInput(f"`{columns.split}` is {named!r}, not train, dev or test")
    return split_of(product.id if _id_of(row.values, columns) else product.text)
