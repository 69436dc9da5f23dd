"""The types that flow through tagkit: products go in, tags come out.

All of them are small, typed and immutable, so that a strategy cannot change what the next one sees.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from tagkit.errors import BadInput


@dataclass(frozen=True, slots=True)
class Span:
    """A span of a product's text: characters `start` to `end` (exclusive) of `Product.text`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag of one product.

    Attributes:
        text: The tag itself, for example 高跟鞋.
        score: How sure the strategy is, from 0 to 1.
        source: The name of the strategy that gave it ("gold" for an annotation).
        spans: Where it stands in `Product.text`; empty when the tag was inferred.
        type: What kind of tag it is (an attribute or entity name), "" where the strategy has no types.
    """

    text: str
    score: float = 1.0
    source: str = ""
    spans: tuple[Span, ...] = ()
    type: str = ""

    def __post_init__(self) -> None:
        """Refuse an empty text and a score outside [0, 1]."""
        if not self.text:
            raise BadInput("a tag needs a text")
        if not 0.0 <= self.score <= 1.0:
            raise BadInput(f"the score of tag {self.text!r} is {self.score}, which is not between 0 and 1")

    def to_dict(self) -> dict[str, Any]:
        """Return the tag as plain JSON values."""
        out: dict[str, Any] = {"text": self.text, "score": self.score, "source": self.source}
        if self.type:
            out["type"] = self.type
        if self.spans:
            out["spans"] = [[s.start, s.end] for s in self.spans]
        return out

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Tag:
        """Build a tag from what `to_dict` gave."""
        spans = tuple(Span(start, end) for start, end in row.get("spans", ()))
        return cls(row["text"], row.get("score", 1.0), row.get("source", ""), spans, row.get("type", ""))


@dataclass(frozen=True, slots=True)
class Product:
    """One product of a shop.

    Attributes:
        id: Unique within its data set.
        title: The name as the seller wrote it.
        description: Further text, may be empty.
        category: Where the shop puts it, levels separated by "/".
        attributes: What is known beside the text, by name. A value "" means: asked for, and not known.
        images: Paths or addresses of photos.
        lang: "zh", "en" or "" (unknown: detected from the text where a strategy needs it).
        tags: The gold tags, best first; empty when nobody tagged it yet.
        annotations: The gold tags with type and spans, for data sets that have those.
    """

    id: str
    title: str
    description: str = ""
    category: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    lang: str = ""
    tags: tuple[str, ...] = ()
    annotations: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is not text, and freeze the containers."""
        for name in ("id", "title", "description", "category", "lang"):
            if not isinstance(getattr(self, name), str):
                raise BadInput(f"product {self.id!r}: `{name}` must be a string, not {getattr(self, name)!r}")
        for name in ("tags", "images", "annotations"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise BadInput(f"product {self.id!r}: `{name}` must be a list, not the string {value!r}")
            object.__setattr__(self, name, tuple(value))
        if not all(isinstance(tag, str) and tag for tag in self.tags):
            raise BadInput(f"product {self.id!r}: `tags` must be non-empty strings, not {list(self.tags)!r}")
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let a product travel to worker processes (a mapping proxy alone cannot)."""
        values = (self.id, self.title, self.description, self.category, dict(self.attributes))
        return (Product, (*values, self.images, self.lang, self.tags, self.annotations))

    @property
    def text(self) -> str:
        """The title, a line break, and the description where there is one. Spans count in this."""
        return f"{self.title}\n{self.description}" if self.description else self.title

    def to_dict(self) -> dict[str, Any]:
        """Return the product as plain JSON values, without the empty fields."""
        rows: dict[str, Any] = {"id": self.id, "title": self.title, "description": self.description}
        rows |= {"category": self.category, "attributes": dict(self.attributes), "images": list(self.images)}
        rows |= {"lang": self.lang, "tags": list(self.tags)}
        rows["annotations"] = [tag.to_dict() for tag in self.annotations]
        return {key: value for key, value in rows.items() if value or key in ("id", "title")}


Tags = list[list[Tag]]
"""What a tagger returns: for each product a ranked list of tags."""


@dataclass(frozen=True)
class Dataset:
    """Products in three parts, and what one must know before using them.

    Attributes:
        name: The name in the registry, or of the user's file.
        train: To learn from.
        dev: To choose parameters and thresholds on.
        test: To score once.
        card: Who made it, how, and what it is not good for (Markdown).
        licence: An SPDX name, or what is known.
        synonyms: Other surface forms, by preferred tag.
    """

    name: str
    train: tuple[Product, ...]
    dev: tuple[Product, ...] = ()
    test: tuple[Product, ...] = ()
    card: str = ""
    licence: str = ""
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """All tags of the training part, the frequent ones first."""
        counts = Counter(tag for product in self.train for tag in product.tags)
        return tuple(sorted(counts, key=lambda tag: (-counts[tag], tag)))

    @property
    def products(self) -> tuple[Product, ...]:
        """All three parts, one after the other."""
        return self.train + self.dev + self.test

    @cached_property
    def digest(self) -> str:
        """The sha256 of all products in order, so that two runs can be known to share their data."""
        return digest(self.train, self.dev, self.test)

    def unseen(self, part: Sequence[Product] | None = None) -> tuple[Product, ...]:
        """Return the test products (or those of `part`) whose title and description are not in train.

        Titles are compared as they are, less surrounding blanks.
        """
        seen = {product.text.strip() for product in self.train}
        return tuple(p for p in (self.test if part is None else part) if p.text.strip() not in seen)

    def with_parts(self, **parts: Iterable[Product]) -> Dataset:
        """Return a copy in which the named parts (`train`, `dev`, `test`) are replaced."""
        made: dict[str, Any] = {name: tuple(rows) for name, rows in parts.items()}
        return replace(self, **made)


def as_products(items: Iterable[Product | str | Mapping[str, Any]]) -> list[Product]:
    """Turn strings, dictionaries and products into products.

    Args:
        items: Titles, mappings with the fields of `Product`, or products, in any mix.

    Returns:
        One product for each item; those without an id get their position as id.

    Raises:
        BadInput: An item is none of these, or lacks a title; the message names its position.
    """
    if isinstance(items, (str, Product, Mapping)):
        raise BadInput("expected a list of products, not a single one: put it in a list")
    return [_as_product(item, position) for position, item in enumerate(items)]


def digest(*parts: Sequence[Product]) -> str:
    """Return the sha256 of all products of some parts, in order."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(f"{len(part)}\n".encode())
        for product in part:
            sha.update(json.dumps(product.to_dict(), ensure_ascii=False, sort_keys=True).encode())
    return sha.hexdigest()


def _as_product(item: Product | str | Mapping[str, Any], position: int) -> Product:
    if isinstance(item, Product):
        return item
    if isinstance(item, str):
        return Product(str(position), item)
    if isinstance(item, Mapping):
        if "title" not in item:
            raise BadInput(f"item {position} has no `title`")
        unknown = set(item) - set(Product.__dataclass_fields__)
        if unknown:
            raise BadInput(f"item {position} has unknown fields {sorted(unknown)}")
        values = {"id": str(position)} | dict(item)
        values["annotations"] = tuple(Tag.from_dict(row) for row in values.get("annotations", ()))
        return Product(**values)
    raise BadInput(f"item {position} is a {type(item).__name__}, not a product, a string or a mapping")
