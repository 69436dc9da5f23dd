"""Products with the tags of one or several strategies beside the gold: right, missed and new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tagkit import cards
from tagkit.errors import BadInput
from tagkit.experiment.result import Result
from tagkit.frames import frame
from tagkit.images.thumbnails import picture
from tagkit.product import Product, Tag

if TYPE_CHECKING:
    import pandas as pd

ON_CARD = 50
"""So many products are on a card."""


@dataclass(frozen=True)
class Judged:
    """The tags that a row gave one product, beside the gold.

    Attributes:
        row: The row of the result.
        right: Tags in the gold that it found, in its order.
        missed: Tags in the gold that it did not find.
        new: Tags that are not in the gold.
        f1: The F1 of its list.
        tags: The tags with scores and spans.
    """

    row: str
    right: tuple[str, ...]
    missed: tuple[str, ...]
    new: tuple[str, ...]
    f1: float
    tags: tuple[Tag, ...]

    @classmethod
    def of(cls, row: str, product: Product, tags: Sequence[Tag]) -> Judged:
        """Compare a list of tags with the gold of its product."""
        found, gold = dict.fromkeys(tag.text for tag in tags), dict.fromkeys(product.tags)
        right = tuple(tag for tag in found if tag in gold)
        total = len(found) + len(gold)
        return cls(
            row,
            right,
            tuple(tag for tag in gold if tag not in found),
            tuple(tag for tag in found if tag not in gold),
            2 * len(right) / total if total else 1.0,
            tuple(tags),
        )

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """All tags with "right", "missed" or "new"."""
        return [(tag, kind) for kind in ("right", "missed", "new") for tag in getattr(self, kind)]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values, without scores and spans."""
        return {key: value for key, value in vars(self).items() if key != "tags"}


@dataclass(frozen=True)
class JudgedProduct:
    """A product with the tags of one or several rows.

    Attributes:
        product: The product.
        rows: What each row gave it.
    """

    product: Product
    rows: tuple[Judged, ...]

    @property
    def difference(self) -> float:
        """The F1 of the first row minus that of the last one."""
        return self.rows[0].f1 - self.rows[-1].f1


@dataclass(frozen=True)
class JudgedProducts:
    """Products with the tags of one or several strategies beside the gold, which show themselves.

    Attributes:
        title: What they are.
        note: What must be known of them.
        items: The products, in their order.
    """

    title: str
    note: str
    items: tuple[JudgedProduct, ...]

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self.items)

    def __iter__(self) -> Any:
        """Yield the products."""
        return iter(self.items)

    def __getitem__(self, at: Any) -> Any:
        """Return a product, or with a slice some of them, which show themselves as well."""
        if isinstance(at, slice):
            return JudgedProducts(self.title, self.note, self.items[at])
        return self.items[at]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        rows = [
            {"product": item.product.id, "title": item.product.title, "rows": [row.to_dict() for row in item.rows]}
            for item in self.items
        ]
        return {"title": self.title, "note": self.note, "products": rows}

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each product and strategy: `product`, `title`, `row`, `F1`, `right`, `missed` and `new`.

        Raises:
            MissingExtra: pandas is not installed.
        """
        lines = [
            [item.product.id, item.product.title, row.row, row.f1, list(row.right), list(row.missed), list(row.new)]
            for item in self.items
            for row in item.rows
        ]
        return frame(lines, ["product", "title", "row", "F1", "right", "missed", "new"])

    def __repr__(self) -> str:
        """Return how many products there are."""
        return f"JudgedProducts({self.title!r}, {len(self)} products)"

    def __str__(self) -> str:
        """Return the products as lines: ✓ before right tags, ○ before missed and + before new ones."""
        lines = [self.title, *([self.note] if self.note else [])]
        for item in self.items:
            lines += ["", " ".join(part for part in (item.product.id, item.product.title) if part)]
            for row in item.rows:
                tags = "  ".join(f"{cards.SIGNS[kind]} {tag}" for tag, kind in row.kinds)
                lines.append(f"  {row.row} {row.f1:.2f}: {tags or 'no tags'}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the products as a card for notebooks, with the evidence underlined."""
        parts = [cards.judged_legend()]
        for item in self.items[:ON_CARD]:
            spans = [(span.start, span.end, tag.text) for row in item.rows for tag in row.tags for span in tag.spans]
            rows = [(cards.escape(row.row), cards.judged(row.kinds), f"{row.f1:.2f}") for row in item.rows]
            head = f'<div style="margin-top:1em">{cards.marked(item.product.text, spans, 300)}</div>'
            table = cards.table(("row", "tags", "F1"), rows, left=2)
            parts += [head, cards.beside(picture(item.product), table) if item.product.images else table]
        more = len(self) - ON_CARD
        parts += [cards.small(f"and {more:,} more: slice them, or to_frame()")] if more > 0 else []
        return cards.card(self.title, *parts, note=self.note)


def show(result: Result, count: int, row: str) -> JudgedProducts:
    """Return products at even distances through test, with the tags of a row beside the gold."""
    row = row or result.best
    items = _judged(result, [row])
    at = np.unique(np.linspace(0, len(items) - 1, min(_some(count), len(items))).round().astype(int))
    chosen = tuple(items[place] for place in at)
    return JudgedProducts(f"Tags of {row}", f"{len(chosen)} of {len(items):,} test products, at even distances", chosen)


def hardest(result: Result, count: int) -> JudgedProducts:
    """Return the products with the lowest F1, the mean over all rows with the same test products."""
    products = [product.id for product in result.products()]
    names = [name for name in result.order() if [one.id for one in result.products(row=name)] == products]
    items = _judged(result, names)
    mean = [float(np.mean([row.f1 for row in item.rows])) for item in items]
    order = np.argsort(mean, kind="stable")[: _some(count)]
    note = f"Lowest mean F1 over {', '.join(names)}, of {len(items):,} test products"
    return JudgedProducts("The hardest products", note, tuple(items[at] for at in order))


def compare_products(result: Result, first: str, second: str) -> JudgedProducts:
    """Return the products to which two rows give different tags, the largest difference of F1 first."""
    if [one.id for one in result.products(row=first)] != [one.id for one in result.products(row=second)]:
        raise BadInput(f"the rows {first!r} and {second!r} have different test products")
    items = _judged(result, [first, second])
    better, worse = (sum(sign * item.difference > 0 for item in items) for sign in (1, -1))
    note = f"By F1, {first} is better on {better:,}, {second} on {worse:,}, and they are equal on "
    note += f"{len(items) - better - worse:,} of {len(items):,} test products"
    differ = [item for item in items if set(item.rows[0].kinds) != set(item.rows[1].kinds)]
    differ.sort(key=lambda item: -abs(item.difference))
    return JudgedProducts(f"Where {first} and {second} differ", note, tuple(differ))


def _some(count: int) -> int:
    if count < 1:
        raise BadInput(f"the number of products to show is 1 or more, not {count}")
    return count


def _judged(result: Result, names: Sequence[str]) -> list[JudgedProduct]:
    """Return the test products with gold tags, with the tags of some rows."""
    lists = [result.tags(name) for name in names]
    return [
        JudgedProduct(
            product, tuple(Judged.of(name, product, tags[at]) for name, tags in zip(names, lists, strict=True))
        )
        for at, product in enumerate(result.products(row=names[0]))
        if product.tags
    ]
