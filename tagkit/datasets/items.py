"""Turn whatever a user gives (titles, dictionaries, products, tables, or a single one of these) into products."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from tagkit.datasets.columns import Columns
from tagkit.datasets.files import frame_products, row_product
from tagkit.datasets.rows import KINDS, ending_of
from tagkit.errors import BadInput
from tagkit.product import Product

Item: TypeAlias = Product | str | Mapping[str, Any]
"""What stands for one product: itself, its title, or a mapping with the fields of `Product` or columns of a table."""


def is_single(items: Any) -> bool:
    """Say whether a single product is given, not several; also one row of a DataFrame (a Series or named tuple)."""
    return isinstance(items, (Product, str, Mapping)) or _is_row(items)


def _is_row(items: Any) -> bool:
    if hasattr(items, "_asdict"):
        return True
    index = getattr(items, "index", None)
    is_series = hasattr(items, "to_dict") and not is_frame(items) and isinstance(next(iter(index), None), str)  # type: ignore[arg-type]
    return is_series and Columns().is_header(list(index))  # type: ignore[arg-type]


def is_frame(items: Any) -> bool:
    """Say whether a pandas DataFrame, or a table like it, is given."""
    return hasattr(items, "itertuples") and hasattr(items, "columns")


def as_products(items: Any) -> list[Product]:
    """Turn what a user gives into products.

    Args:
        items: Titles, mappings, or products, in any mix, as a list, a pandas Series or a single one; or a pandas
            DataFrame. The keys of a mapping are the fields of `Product`; otherwise they are found like the columns of a
            DataFrame, a row of it or a file (see `tagkit.datasets.from_frame`), and others are ignored.

    Returns:
        One product for each item or row; those without an id get their position as id, with "_" behind it where another
        product has that id.

    Raises:
        BadInput: An item is none of these, or breaks a rule of `Product`, and the message names its position; or a
            single text is the name of a file.
    """
    if is_frame(items):
        return frame_products(items)
    if isinstance(items, str) and ending_of(Path(items)) in KINDS and not re.search(r"\s", items):
        raise BadInput(f"{items!r} is the name of a file: give tagkit.load_data({items!r}).products, or [{items!r}]")
    if is_single(items):
        items = [items]
    try:
        listed = list(items)
    except TypeError as error:
        raise BadInput(f"expected products, titles or a table, not {type(items).__name__}") from error
    return _with_ids([_as_product(item, position) for position, item in enumerate(listed)])


def _as_product(item: Item, position: int) -> Product:
    if isinstance(item, Product):
        return item
    try:
        if isinstance(item, str):
            return Product(item)
        if _is_row(item):
            row: Any = item
            item = row._asdict() if hasattr(row, "_asdict") else row.to_dict()
        if isinstance(item, Mapping):
            has_fields = item.keys() <= Product.__dataclass_fields__.keys()
            return Product.from_dict(item) if has_fields else row_product(item)
    except BadInput as error:
        raise BadInput(f"item {position}: {error}") from error
    raise BadInput(f"item {position} is a {type(item).__name__}, not a product, a string or a mapping")


def _with_ids(products: Sequence[Product]) -> list[Product]:
    taken = {product.id for product in products}
    out = []
    for position, product in enumerate(products):
        if not product.id:
            number = str(position)
            while number in taken:
                number += "_"
            product = replace(product, id=number)
        out.append(product)
    return out


def with_tags(products: Iterable[Any], tags: Iterable[Iterable[str]]) -> list[Product]:
    """Return products with the given gold tags.

    Raises:
        BadInput: There are not as many lists of tags as products, or one is no list.
    """
    rows, lists = as_products(products), list(tags)
    if len(rows) != len(lists):
        raise BadInput(f"there are {len(rows)} products and {len(lists)} lists of tags")
    for position, row in enumerate(lists):
        if isinstance(row, str) or not isinstance(row, Iterable):
            what = f"the text {row!r}" if isinstance(row, str) else repr(row)
            raise BadInput(f"item {position} of y must be a list of tags, not {what}"[:200])
    return [replace(product, tags=tuple(row)) for product, row in zip(rows, lists, strict=True)]
