"""Fields of a product from the values of a row: texts, numbers, lists, and lists or mappings written in a cell."""

import json
import re
from collections.abc import Mapping
from numbers import Real
from typing import Any

from tagkit.datasets import separators
from tagkit.datasets.separators import Separators
from tagkit.datasets.workbook import EXACT
from tagkit.errors import BadInput
from tagkit.tags import is_missing, whole

_ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+?\d{2,3}")
_PAIR = re.compile(r"\s*([^:：=]+?)\s*[:：=]\s*(.*?)\s*", re.DOTALL)


def text(value: Any, name: str, joint: str = "\n") -> str:
    """Return an optional field's text: "" if it is missing, a number in its shortest form, a list joined.

    Raises:
        BadInput: It is something else.
    """
    if is_missing(value):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Real):
        number = whole(value)
        return str(value if number is None else number)
    plain = listed(value)
    if plain is not None and all(isinstance(item, str) for item in plain):
        return joint.join(plain)
    raise BadInput(f"`{name}` is {type(value).__name__}, not text: {value!r}"[:200])


def is_rounded(id: Any) -> bool:
    """Say whether a spreadsheet has rounded an id: 1.23E+12, or a number that has lost digits."""
    if isinstance(id, str):
        return bool(_ROUNDED.fullmatch(id.strip()))
    return isinstance(id, float) and abs(id) >= EXACT


def listed(value: Any) -> list[Any] | None:
    """Return the items of a list, also of numpy arrays in Parquet files and DataFrames; None for any other value."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    return list(plain) if isinstance(plain, list | tuple) else None


def tags(value: Any, found: Separators, name: str) -> tuple[str, ...]:
    """Return the distinct tags of a cell or list.

    Raises:
        BadInput: An item is neither text nor a number.
    """
    if is_missing(value):
        return ()
    if isinstance(value, str):
        return tuple(separators.split(value, found.chars))
    items = [value] if isinstance(value, Real) else listed(value)
    if items is None or not all(isinstance(item, str | Real) for item in items if item is not None):
        raise BadInput(f"`{name}` must be a list of texts, not {value!r}"[:200])
    texts = (text(item, name).strip() for item in items)
    return tuple(dict.fromkeys(tag for tag in texts if tag))


def images(value: Any) -> tuple[str, ...]:
    """Return paths and addresses: of a list, or of a text with blanks, commas or "|" between them."""
    if isinstance(value, str):
        return tuple(image for image in re.split(r"[\s|;]+|,\s*(?=https?:)|,\s+", value) if image)
    items = listed(value)
    if is_missing(value) or items is None:
        return ()
    if not all(isinstance(image, str) for image in items):
        raise BadInput(f"`images` must be a list of texts, not {value!r}"[:200])
    return tuple(items)


def attributes(value: Any) -> dict[str, str] | None:
    """Return attributes by name: of a mapping, of one in JSON, or of "name:value;name:value"; None if it is neither."""
    if is_missing(value) or value == "":
        return {}
    if isinstance(value, str):
        found = None
        if value.lstrip().startswith("{"):
            try:
                found = json.loads(value)
            except (ValueError, RecursionError):
                return None
        return attributes(found) if isinstance(found, dict) else _pairs(value)
    if isinstance(value, Mapping):
        return {str(name): _value(item) for name, item in value.items()}
    return None


def _pairs(cell: str) -> dict[str, str] | None:
    for joint in ("[;；\n|]", "[,，、]"):
        pairs = [_PAIR.fullmatch(part) for part in re.split(joint, cell) if part.strip()]
        if pairs and all(pairs) and (len(pairs) > 1 or joint.startswith("[,")):
            return {pair[1]: pair[2] for pair in pairs if pair}
    return None


def _value(item: Any) -> str:
    if isinstance(item, str | Real) or is_missing(item):
        return text(item, "attributes")
    return json.dumps(item, ensure_ascii=False, default=str)
