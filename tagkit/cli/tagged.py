"""How `tagkit tag` writes the tags of a product: a line for people, a line of JSON, or a row of a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from tagkit.console import one_line, printable

if TYPE_CHECKING:
    from tagkit.datasets.rejects import FileRow
    from tagkit.product import Product

TAGS, SCORES, UNREAD, PHOTO = "predicted_tags", "predicted_scores", "n_truncated_chars", "unread_photo"
"""The columns that a table gets."""


class Unread(NamedTuple):
    """What a strategy did not read of a product.

    Attributes:
        chars: How many characters of its text.
        photo: Why none of its photos can be read; "" where one was, or it has none.
    """

    chars: int = 0
    photo: str = ""

    def columns(self) -> dict[str, Any]:
        """Return what an output says of it."""
        return ({UNREAD: self.chars} if self.chars else {}) | ({PHOTO: self.photo} if self.photo else {})


def for_people(row: Any, product: Product, tags: list[Any], unread: Unread, separator: str) -> str:
    """Return the tags with their scores on one line, and what was not read."""
    note = f"  ({unread.chars} characters of the text were not read)" if unread.chars else ""
    note += f"  ({one_line(unread.photo)})" if unread.photo else ""
    return printable(", ".join(f"{tag.text} {tag.score:.2f}" for tag in tags) + note)


def json_row(row: FileRow | None, product: Product, tags: list[Any], unread: Unread, separator: str) -> dict[str, Any]:
    """Return a line: id, title, the other columns of the input (its `tags` as `gold`), and the tags that were found."""
    found = {"tags": [tag.to_dict() | {"score": round(tag.score, 6)} for tag in tags]}
    more = {} if row is None else {"gold" if key == "tags" else key: value for key, value in row.values.items()}
    said = {"id": product.id, "title": product.title}
    return said | {k: v for k, v in more.items() if k not in said} | found | unread.columns()


def table_row(row: FileRow | None, product: Product, tags: list[Any], unread: Unread, separator: str) -> dict[str, Any]:
    """Return all columns of the input, with the tags and their scores."""
    values = {"title": product.title} if row is None else {str(key): value for key, value in row.values.items()}
    values = {key: None if value != value else value for key, value in values.items()}
    texts = {TAGS: separator.join(tag.text for tag in tags), SCORES: separator.join(f"{tag.score:.4f}" for tag in tags)}
    return values | texts | unread.columns()


def tag_separator(rows: list[FileRow | None]) -> str:
    """Return what separates the tags that the first rows have already; ";" where they have none."""
    from tagkit.datasets import separators
    from tagkit.datasets.columns import Columns

    values = [row.values for row in rows if row is not None]
    column = Columns().find(values[0]).get("tags") if values else None
    cells = [str(cell) for row in values if column and isinstance(cell := row.get(column), str)]
    counts = separators.find([(cell, "") for cell in cells]).counts
    return max(counts, key=counts.__getitem__, default=";")


def converter(write: Callable[..., None]) -> Callable[[Path, IO[bytes]], None]:
    """Return what makes a table of the lines of `table_row`."""

    def lines(path: Path) -> Iterator[dict[str, Any]]:
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)

    def convert(path: Path, file: IO[bytes]) -> None:
        names = dict.fromkeys(name for row in lines(path) for name in row)
        added = (TAGS, SCORES, UNREAD, PHOTO)
        write(lines(path), [*(n for n in names if n not in added), *(n for n in added if n in names)], file)

    return convert
