"""Products, which go in, and data sets; like tags they are immutable, so that no strategy changes what others see."""

from __future__ import annotations

import hashlib
import json
import random
import reprlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Self

from tagkit import cards, explored
from tagkit.errors import BadInput
from tagkit.frames import frame
from tagkit.tags import LONGEST, Span, Tag, Tags, check_text, is_missing, listed, most_frequent_types, whole
from tagkit.taxonomy import ancestors

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Dataset", "FrozenDict", "Product", "Span", "Tag", "Tags", "digest"]
_SHORT = reprlib.Repr()
_SHORT.maxstring, _SHORT.maxtuple = 60, 12


class FrozenDict(dict[str, str]):
    """A dictionary that does not change; it can be copied, pickled and written as JSON like any other."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("the attributes of a product do not change: make a new product with dataclasses.replace")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse  # type: ignore

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


@dataclass(frozen=True, slots=True)
class Product:
    """One product of a shop: `Product(title)`, or `Product(id, title, ...)`.

    The rules for its values are the same wherever it comes from: a file rejects the row that breaks one, and in Python
    it is a `BadInput`. A lone surrogate (half of a cut emoji, an undecodable byte) is refused in every field, since it
    cannot be written, hashed or sent as UTF-8, and replaced in an id or a tag it would make another one;
    `text.encode("utf-8", "replace").decode()` makes a "?" of it.

    Attributes:
        id: Unique within its data set; "" where nobody gave one.
        title: The name as the seller wrote it.
        description: Further text, may be empty.
        category: Where the shop puts it, levels separated by "/".
        attributes: What is known beside the text, by name. A value "" means: asked for, and not known.
        images: Paths or addresses of photos.
        lang: "zh", "en" or "" (unknown: detected from the text where a strategy needs it).
        tags: The gold tags, best first; empty when nobody tagged it yet.
        annotations: The gold tags with type and spans, for data sets that have those.

    Raises:
        BadInput: A value is of a wrong type, a tag is blank, a span lies outside the text, or a text holds a lone
            surrogate; the message names the product and the field.
    """

    id: str = ""
    title: str = None  # type: ignore[assignment]  # a single argument is the title, as that of `range` is the end
    description: str = ""
    category: str = ""
    attributes: Mapping[str, str] = field(default_factory=FrozenDict)
    images: tuple[str, ...] = ()
    lang: str = ""
    tags: tuple[str, ...] = ()
    annotations: tuple[Tag, ...] = ()

    def __new__(cls, *args: Any, **fields: Any) -> Self:
        """Refuse fields without a title."""
        if fields and not args and "title" not in fields:
            raise BadInput("a product needs a title: Product(title), or Product(id=..., title=...)")
        return object.__new__(cls)

    def __post_init__(self) -> None:
        """Check the values, and freeze the containers."""
        if self.title is None:
            object.__setattr__(self, "title", self.id)
            object.__setattr__(self, "id", "")
        try:
            self._check()
        except BadInput as error:
            raise BadInput(f"product {self.id!r}: {error}" if self.id else str(error)) from error

    def _check(self) -> None:
        for name in ("id", "title", "description", "category", "lang"):
            check_text(f"`{name}`", getattr(self, name))
        for name in ("tags", "images", "annotations"):
            object.__setattr__(self, name, tuple(listed(f"`{name}`", getattr(self, name))))
        for name in ("tags", "images"):
            for text in getattr(self, name):
                check_text(f"each of `{name}`", text)
                if not text.strip():
                    raise BadInput(f"`{name}` must be non-empty strings, not {getattr(self, name)!r}"[:LONGEST])
        if not isinstance(self.attributes, Mapping):
            raise BadInput(f"`attributes` must map texts to texts, not {self.attributes!r}"[:LONGEST])
        for pair in self.attributes.items():
            for text in pair:
                check_text("each name and value of `attributes`", text)
        object.__setattr__(self, "attributes", FrozenDict(self.attributes))
        end = len(self.text)
        for tag in self.annotations:
            if not isinstance(tag, Tag):
                raise BadInput(f"`annotations` must be tags, not {tag!r}"[:LONGEST])
            for span in tag.spans:
                if not span.start < span.end <= end:
                    where = f"characters {span.start} to {span.end} of a text of {end}"
                    raise BadInput(f"`annotations`: the span of {tag.text!r} is outside the text ({where})"[:LONGEST])

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Self:
        """Build a product from a mapping with its fields, such as `to_dict` gives; None and NaN mean: not given.

        Raises:
            BadInput: There is no title, an unknown field, or a wrong value.
        """
        values = {name: value for name, value in row.items() if not is_missing(value)}
        if "title" not in values:
            raise BadInput("there is no `title`")
        if unknown := set(row) - set(cls.__dataclass_fields__):
            raise BadInput(f"there are unknown fields {sorted(map(str, unknown))}")
        if (number := whole(values.get("id"))) is not None:
            values["id"] = str(number)
        return cls(**values | {"annotations": annotations_of(values.get("annotations", ()))})

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

    def __repr__(self) -> str:
        """Return id, title and tags on one line, cut where they are long."""
        id = f"{_SHORT.repr(self.id)}, " if self.id else ""
        tags = f", tags={_SHORT.repr(self.tags)}" if self.tags else ""
        return f"Product({id}{_SHORT.repr(self.title)}{tags})"

    def _repr_html_(self) -> str:
        """Return the product as a card for notebooks."""
        facts = " · ".join(text for text in (self.id, self.category, self.lang) if text)
        known = {name: value for name, value in self.attributes.items() if value}
        spans = [(span.start, span.end, tag.text) for tag in self.annotations for span in tag.spans]
        text = cards.marked(self.text, spans) if spans else self.description and cards.paragraph(self.description)
        body = "".join((text, cards.chips(self.tags), cards.values(known)))
        return cards.card(self.title, cards.beside(explored.picture(self), body) if self.images else body, note=facts)


Product.__new__.__wrapped__ = Product.__init__  # type: ignore[attr-defined]  # so that editors show its fields


@dataclass(frozen=True)
class Dataset(explored.Explored):
    """Products in three parts, and what one must know before using them.

    Attributes:
        name: The name in the registry, or of the user's file.
        train: To learn from.
        dev: To choose parameters and thresholds on.
        test: To score once.
        card: Who made it, how, and what it is not good for (Markdown).
        licence: An SPDX name, or what is known.
        synonyms: Other surface forms, by preferred tag.
        facets: The kind of information of each tag (type, colour, material, audience, ...), where a table gives it.
        parents: The broader tags that each tag implies, the nearest first (高跟鞋: 鞋子).
    """

    name: str
    train: tuple[Product, ...]
    dev: tuple[Product, ...] = ()
    test: tuple[Product, ...] = ()
    card: str = ""
    licence: str = ""
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facets: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of products in all three parts."""
        return len(self.train) + len(self.dev) + len(self.test)

    def __repr__(self) -> str:
        """Return the name and the sizes of the parts."""
        return f"Dataset({self.name!r}, {len(self.train)} train, {len(self.dev)} dev, {len(self.test)} test)"

    def _repr_html_(self) -> str:
        """Return sizes, frequent tags and some products as a card for notebooks."""
        counts = Counter(tag for product in self.products for tag in product.tags)
        sizes = ", ".join(f"{len(rows):,} {part}" for part, rows in self._parts().items() if rows)
        note = f"{sizes} · {len(counts):,} different tags · licence: {self.licence or 'unknown'}"
        frequent = cards.chips((tag, f"{count:,}") for tag, count in counts.most_common(20))
        rows = [[cards.escape(product.title, 60), cards.chips(product.tags[:8])] for product in self.sample(3)]
        some = cards.table(("Three products drawn at random", "tags"), rows, left=2) if rows else ""
        return cards.card(f"{self.name}: {len(self):,} products", frequent, some, note=note)

    def _parts(self) -> dict[str, tuple[Product, ...]]:
        return {"train": self.train, "dev": self.dev, "test": self.test}

    def sample(self, count: int = 5, seed: int = 0) -> list[Product]:
        """Return products drawn at random from all parts, all of them where there are not as many."""
        return random.Random(seed).sample(self.products, min(count, len(self)))

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each product, from which `tagkit.load_data` makes the same data set again.

        Returns:
            The columns `id`, `title` and `tags` (lists), the other fields of `Product` that some product has, and
            `split`, the part.

        Raises:
            MissingExtra: pandas is not installed.
        """
        rows = [product.to_dict() | {"split": part} for part, found in self._parts().items() for product in found]
        empty = {name: type(value)() for row in rows for name, value in row.items()} | {"tags": []}
        names = [name for name in (*Product.__dataclass_fields__, "split") if name in empty]
        return frame([[row.get(name, empty[name]) for name in names] for row in rows], names)

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """All tags of the training part, the frequent ones first."""
        return tuple(sorted(self.tag_counts, key=lambda tag: (-self.tag_counts[tag], tag)))

    @cached_property
    def tag_counts(self) -> Counter[str]:
        """How often each tag occurs in the training part."""
        return Counter(tag for product in self.train for tag in product.tags)

    @cached_property
    def facet_of(self) -> Mapping[str, str]:
        """The facet of each tag: `facets` if there are any, else the most frequent type of it in all `annotations`."""
        if self.facets:
            return self.facets
        annotations = (tag for product in self.products for tag in product.annotations)
        return most_frequent_types((tag.text, tag.type) for tag in annotations if tag.type)

    @cached_property
    def ancestors(self) -> Mapping[str, tuple[str, ...]]:
        """All tags above each tag of `parents`, in however many steps, the nearest first.

        Raises:
            BadInput: A tag is broader than itself.
        """
        return ancestors(self.parents)

    @property
    def products(self) -> tuple[Product, ...]:
        """All three parts, one after the other."""
        return self.train + self.dev + self.test

    @cached_property
    def digest(self) -> str:
        """The sha256 of all products in order, so that two runs can be known to share their data."""
        return digest(self.train, self.dev, self.test)

    def with_parts(self, **parts: Iterable[Product]) -> Dataset:
        """Return a copy in which the named parts (`train`, `dev`, `test`) are replaced."""
        made: dict[str, Any] = {name: tuple(rows) for name, rows in parts.items()}
        return replace(self, **made)


def annotations_of(notes: Any) -> tuple[Tag, ...]:
    """Return annotations given as tags or mappings.

    Raises:
        BadInput: One of them is no tag.
    """
    try:
        return tuple(note if isinstance(note, Tag) else Tag.from_dict(note) for note in listed("they", notes))
    except BadInput as error:
        raise BadInput(f"`annotations`: {error}") from error


def digest(*parts: Sequence[Product]) -> str:
    """Return the sha256 of all products of some parts, in order."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(f"{len(part)}\n".encode())
        for product in part:
            sha.update(json.dumps(product.to_dict(), ensure_ascii=False, sort_keys=True).encode())
    return sha.hexdigest()
