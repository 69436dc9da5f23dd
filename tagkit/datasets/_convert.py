"""Turn one row of a user's file into a product, or say why it cannot be one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from tagkit.datasets.rows import Row
from tagkit.datasets.split import split_of
from tagkit.errors import BadInput
from tagkit.product import Product, Tag

PART_NAMES = {"valid": "dev", "validation": "dev", "val": "dev"}


@dataclass(frozen=True)
class Columns:
    """What the fields of a product are called in a file.

    Attributes:
        id: A text or whole number, unique in the file; without it, the line's number.
        title: The one field that must be there.
        description: Further text.
        category: Levels parted by "/".
        tags: The gold tags: a list, or one text cut at `separator`.
        lang: "zh" or "en".
        split: "train", "dev" or "test"; where absent or empty, 70/10/20 by the hash of the id, or of the text where
            there is no id (so that copies stay together).
        separator: What parts the tags in one text. A ";" also stands for its full-width form.
    """

    id: str = "id"
    title: str = "title"
    description: str = "description"
    category: str = "category"
    tags: str = "tags"
    lang: str = "lang"
    split: str = "split"
    separator: str = ";"


def named_columns(named: Mapping[str, str]) -> Columns:
    """Return the columns with other names where some are given.

    Raises:
        BadInput: There is no such field, or its name is no text.
    """
    known = [field.name for field in dataclasses.fields(Columns)]
    for name, value in named.items():
        if name not in known:
            raise BadInput(f"unknown option {name!r}; the columns of a file are: {', '.join(known)}")
        if not isinstance(value, str) or not value:
            raise BadInput(f"`{name}` must be a non-empty text, not {value!r}")
    return Columns(**named)


def to_product(row: Row, columns: Columns) -> Product:
    """Make a product of a row.

    Raises:
        BadInput: It cannot be one; the message is the reason without the line.
    """
    values = row.values
    title = _text(values, columns.title, strip=False)  # as written: spans count in it
    if not title.strip():
        raise BadInput(f"no `{columns.title}` (the row has: {', '.join(map(str, values)) or 'nothing'})")
    try:
        annotations = _annotations(values.get("annotations"))
    except (AttributeError, KeyError, TypeError) as error:
        raise BadInput(f"`annotations` has a wrong form: {error!r}") from error
    product = Product(
        _id(values, columns) or str(row.line),
        title,
        _text(values, columns.description, strip=False),
        _text(values, columns.category),
        _strings(values.get("attributes")),
        _images(values.get("images")),
        _text(values, columns.lang),
        _tags(values.get(columns.tags), columns),
        annotations,
    )
    try:
        "\0".join((product.id, product.text, product.category, *product.tags)).encode()
    except UnicodeEncodeError as error:
        raise BadInput("it holds bytes that are no text in this encoding") from error
    return product


def _text(values: Mapping[str, Any], name: str, strip: bool = True) -> str:
    """Return a field as text, "" where it is absent."""
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip() if strip else value
    raise BadInput(f"`{name}` is {type(value).__name__}, not text: {value!r}"[:200])


def _id(values: Mapping[str, Any], columns: Columns) -> str:
    """Return the id, which may also be a whole number."""
    value = values.get(columns.id)
    if isinstance(value, Integral) and not isinstance(value, bool):
        return str(value)
    return _text(values, columns.id)


def _images(value: Any) -> tuple[str, ...]:
    listed = value.split() if isinstance(value, str) else _listed(value)
    if not all(isinstance(image, str) for image in listed):
        raise BadInput(f"`images` must be a list of texts, not {value!r}"[:200])
    return tuple(listed)


def _listed(value: Any) -> list[Any] | tuple[Any, ...]:
    """Return a list, also from the numpy arrays of Parquet and DataFrames; [None] for anything else."""
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
    return () if isinstance(value, str) else tuple(Tag.from_dict(tag) for tag in _listed(value))


def _tags(value: Any, columns: Columns) -> tuple[str, ...]:
    if isinstance(value, str):
        separator = columns.separator
        text = value.replace("；", ";") if separator == ";" else value
        return tuple(dict.fromkeys(tag for part in text.split(separator) if (tag := part.strip())))
    listed = _listed(value)
    if not all(isinstance(tag, str) and tag.strip() for tag in listed):
        raise BadInput(f"`{columns.tags}` must be a list of non-empty texts, not {value!r}"[:200])
    return tuple(dict.fromkeys(tag.strip() for tag in listed))


def to_part(row: Row, product: Product, columns: Columns) -> str:
    """Return "train", "dev" or "test" for the product of a row.

    Raises:
        BadInput: The row names another part.
    """
    named = _text(row.values, columns.split).lower()
    part = PART_NAMES.get(named, named)
    if part in ("train", "dev", "test"):
        return part
    if part:
        raise BadInput(f"`{columns.split}` is {named!r}, not train, dev or test")
    return split_of(product.id if _id(row.values, columns) else product.text)
