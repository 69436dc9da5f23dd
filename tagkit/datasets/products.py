"""Turn the rows of a table into products."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tagkit.datasets import cells
from tagkit.datasets.columns import Columns
from tagkit.datasets.rejects import FileRow
from tagkit.datasets.separators import Separators
from tagkit.datasets.split import PARTS, split_of
from tagkit.errors import BadInput
from tagkit.product import Product, annotations_of
from tagkit.tags import is_missing

_PART_NAMES = {
    **dict.fromkeys(("training", "训练", "训练集"), "train"),
    **dict.fromkeys(("valid", "validation", "val", "development", "验证", "验证集", "开发集"), "dev"),
    **dict.fromkeys(("testing", "测试", "测试集"), "test"),
}
_LEVELS = re.compile(r"\s*>+\s*")


class Converter:
    """Turns rows into products, and counts what a user must know.

    Args:
        columns: Which columns hold which fields.
        separators: What separates the tags in a cell.
        ids: How often each id occurs, as far as that is known beforehand.

    Attributes:
        found: The columns that were found in any row, by field.
        parts: How many rows name their part.
        further: How many rows are variants or further pictures of a product above.
        rounded: Ids that a spreadsheet has rounded, with their numbers.
        unread: How many cells of attributes are neither a mapping nor pairs.
    """

    def __init__(self, columns: Columns, separators: Separators | None = None, ids: Counter[str] | None = None) -> None:
        self.columns = columns
        self.separators = separators or Separators()
        self.ids: Counter[str] = ids or Counter()
        self.found: dict[str, str] = {}
        self.parts = 0
        self.further = 0
        self.rounded: Counter[str] = Counter()
        self.unread = 0
        self._last = ""
        self._line = self._nth = 0

    def is_further(self, values: Mapping[str, Any]) -> bool:
        """Count and say whether a row belongs to a product above: in Shopify's exports those without title.

        In WooCommerce's they are variations with a parent.
        """
        own = self.value_of(values, "title")
        id = explicit_id(self.value_of(values, "id"))
        is_variation = str(values.get("Type", "")).lower() == "variation" and bool(values.get("Parent"))
        further = is_variation or bool(id and id == self._last and (is_missing(own) or own == ""))
        self._last = id
        self.further += further
        return further

    def product(self, row: FileRow) -> Product:
        """Turn a row into a product; the message of a `BadInput` is the reason without the line."""
        columns = self.columns.find(row.values)
        several = [field for field in ("category", "description") if field in columns]
        empty = [field for field in several if _is_empty(row.values[columns[field]])]
        if empty:  # such as Shopify's Product Category, where Type is filled
            filled = self.columns.find([name for name, value in row.values.items() if not _is_empty(value)])
            columns = columns | {field: filled[field] for field in empty if field in filled}
        self.found = columns | self.found
        get = {field: row.values[column] for field, column in columns.items()}
        if "title" not in columns:
            has = ", ".join(map(str, row.values)) or "nothing"
            raise BadInput(f"no column for the title (the row has: {has}); name it as `title`"[:500])
        title = get["title"]  # as written: spans count in it
        if _is_empty(title):
            raise BadInput(f"no `{columns['title']}`")
        if not isinstance(title, str):
            raise BadInput(f"`{columns['title']}` is {type(title).__name__}, not text: {title!r}"[:200])
        attributes = cells.attributes(get.get("attributes"))
        self.unread += attributes is None
        return Product(
            self._id(row, get.get("id"), "id" in columns),
            title,
            cells.text(get.get("description"), "description"),
            _LEVELS.sub("/", cells.text(get.get("category"), "category", "/").strip()),
            attributes or {},
            cells.images(get.get("images")),
            cells.text(get.get("lang"), "lang").strip(),
            cells.tags(get.get("tags"), self.separators, columns.get("tags", "tags")),
            annotations_of(cells.listed(get.get("annotations")) or ()),
        )

    def value_of(self, values: Mapping[str, Any], field: str) -> Any:
        """Return the value of a field, None if the row has no such column."""
        return values.get(self.columns.find(values).get(field, ""))

    def _id(self, row: FileRow, value: Any, has_column: bool) -> str:
        """Return the row's id, or one made of its line that no other row has."""
        id = explicit_id(value)
        if id and cells.is_rounded(value):
            self.rounded[id] += 1
            id = "" if self.ids[id] > 1 else id
        self._nth = self._nth + 1 if row.line == self._line else 1
        self._line = row.line
        number = str(row.line) if self._nth == 1 else f"{row.line}.{self._nth}"  # JSON in one line
        return id or (f"line-{number}" if has_column or self.ids[number] else number)

    def part(self, row: FileRow, product: Product) -> str:
        """Return the part that a row names, or else the one by the hash of its id, or of its text where it has none."""
        column = self.columns.find(row.values).get("split", "")
        named = cells.text(row.values.get(column), "split").strip()
        if part := part_of(named):
            self.parts += 1
            return part
        if named:
            raise BadInput(f"`{column}` is {named!r}, not train, dev or test")
        return split_of(product.id if explicit_id(self.value_of(row.values, "id")) == product.id else product.text)

    def notes(self) -> Iterable[str]:
        """Yield what a user must know, a sentence each."""
        if self.further:
            yield f"{self.further} rows are left out, being variants or further pictures of the product above them"
        if self.rounded:
            example, count = next(iter(self.rounded)), sum(self.rounded.values())
            yield f"{count} ids such as {example} were rounded by a spreadsheet: export them as text instead"
        if self.unread:
            yield f"the attributes of {self.unread} rows are not read: they are neither JSON nor name:value;name:value"


def _is_empty(value: Any) -> bool:
    return is_missing(value) or (isinstance(value, str) and not value.strip())


def part_of(name: str) -> str:
    """Return "train", "dev" or "test" for one of the names of that part, in any case, "" for any other name."""
    part = _PART_NAMES.get(name.lower(), name.lower())
    return part if part in PARTS else ""


def explicit_id(value: Any) -> str:
    """Return an id, which may be a number, as text; "" if it is missing."""
    return cells.text(value, "id").strip()
