"""Which types and tags may be answered, learned from train, and which of them a product is offered."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from tagkit.llm.shape import TAGS, Shape, is_typed, values_of
from tagkit.product import Product

T = TypeVar("T", str, tuple[str, str])
RECUR = 0.9
"""From this share of tags that another product has too on, the vocabulary counts as closed."""
ENOUGH = 10
"""Products of a category in train, from which on its types are taken to be known."""


def normal(text: str) -> str:
    """Return a tag as it is compared: width, case and blanks around it do not count."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


class Vocabulary:
    """The types and tags of train.

    Args:
        products: To learn from, tagged.
        closed: Whether nothing but train's tags may be answered; None: where at least nine in ten of train's tags
            belong to another training product too.
        most: How many tags are offered for one product; 0: all.
    """

    def __init__(self, products: Sequence[Product], closed: bool | None, most: int) -> None:
        self.typed = is_typed(products)
        self._most = most
        self._counts: dict[str, Counter[str]] = {}
        self._categories: dict[str, Counter[str]] = {}
        sizes: Counter[str] = Counter()
        for product in products:
            sizes[product.category] += 1
            kinds = self._categories.setdefault(product.category, Counter())
            for kind, text in self.tags_of(product):
                self._counts.setdefault(kind, Counter())[text] += 1
                kinds[kind] += 1
        self._known = {name for name, size in sizes.items() if name and size >= ENOUGH}
        total = sum(sum(counts.values()) for counts in self._counts.values())
        shared = sum(count for counts in self._counts.values() for count in counts.values() if count > 1)
        self.closed = shared >= RECUR * total if closed is None else closed
        self._totals = Counter({kind: sum(counts.values()) for kind, counts in self._counts.items()})
        self._plain: dict[str, Shape] = {}
        self._by_form = {
            kind: {normal(text): text for text, _ in reversed(counts.most_common())}
            for kind, counts in self._counts.items()
        }

    def tags_of(self, product: Product) -> list[tuple[str, str]]:
        """Return (field of the answer, text) of each gold tag, each once."""
        if not self.typed:
            return [(TAGS, text) for text in dict.fromkeys(product.tags)]
        kinds = dict.fromkeys(tag.type for tag in product.annotations if tag.type)
        return [(kind, text) for kind in kinds for text in values_of(product, kind)]

    def allowed(self, kind: str, text: str) -> str:
        """Return a tag as train writes it, "" where the vocabulary is closed and does not hold it."""
        return self._by_form.get(kind, {}).get(normal(text), "") if self.closed else text

    def shape(self, product: Product, neighbours: Sequence[Product]) -> Shape:
        """Return the form of the answer for one product.

        Types are those of its category where train knows it well, else all. Where the vocabulary is closed and larger
        than what is offered, the neighbours' tags come first, then the frequent ones.

        Args:
            product: Only its category is looked at.
            neighbours: Training products, the most similar first.
        """
        category = product.category if self.typed and product.category in self._known else ""
        if category not in self._plain:
            self._plain[category] = self._shape(category)
        shape = self._plain[category]
        size = sum(map(len, shape.choices.values()))
        return shape if not self._most or size <= self._most else self._fewer(shape, neighbours)

    def _shape(self, category: str) -> Shape:
        """Return the fields of a category ("": of all) with all their tags, the frequent ones first."""
        counts = (self._categories[category] if category else None) or self._totals
        fields = tuple(kind for kind, _ in sorted(counts.items(), key=lambda row: (-row[1], row[0])))
        if not self.closed:
            return Shape(fields, self.typed)
        return Shape(fields, self.typed, {kind: tuple(_by_count(self._counts[kind])) for kind in fields})

    def _fewer(self, shape: Shape, neighbours: Sequence[Product]) -> Shape:
        """Return a form that offers as many tags as may be."""
        near = [pair for product in neighbours for pair in self.tags_of(product) if pair[0] in shape.choices]
        frequent = _by_count(
            Counter({(k, text): self._counts[k][text] for k in shape.fields for text in shape.choices[k]})
        )
        offered: dict[str, list[str]] = {kind: [] for kind in shape.fields}
        for kind, text in list(dict.fromkeys([*near, *frequent]))[: self._most]:
            offered[kind].append(text)
        return Shape(shape.fields, shape.typed, {kind: tuple(texts) for kind, texts in offered.items() if texts})


def _by_count(counts: Counter[T]) -> list[T]:
    """Return what was counted, the most frequent first, equally frequent ones in their order."""
    return sorted(counts, key=lambda item: (-counts[item], item))
