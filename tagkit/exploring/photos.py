"""Photos of a data set: a grid of products with gold and given tags, and groups of nearly the same photo."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tagkit import cards
from tagkit.errors import BadInput
from tagkit.exploring import views
from tagkit.exploring.products import Judged
from tagkit.files import write_text
from tagkit.images.loading import BadPhoto, load_all
from tagkit.images.thumbnails import picture
from tagkit.product import Dataset, Product
from tagkit.progress import announced

if TYPE_CHECKING:
    from tagkit.images.duplicates import Fingerprint

PARTS = ("train", "dev", "test")
ON_CARD = 10
"""So many groups of the same photo are on a card."""
IN_GROUP = 8
"""So many photos of a group are shown."""
_CELL = "overflow:hidden;padding:.4em;border:1px solid #8883;border-radius:.4em;font-size:smaller"
_GRID = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(10em,100%),1fr));gap:.5em"


@dataclass(frozen=True)
class PhotoGrid:
    """Products with their photos and tags, which show themselves as a grid.

    Attributes:
        title: What they are.
        products: The products.
        given: The tags that a strategy gave each, compared with the gold; empty without a strategy.
    """

    title: str
    products: tuple[Product, ...]
    given: tuple[Judged, ...] = ()

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self.products)

    def __repr__(self) -> str:
        """Return how many products there are."""
        return f"PhotoGrid({self.title!r}, {len(self)} products)"

    def __str__(self) -> str:
        """Return the products as lines with their tags."""
        lines = [self.title]
        for at, product in enumerate(self.products):
            tags = [f"{cards.SIGNS[kind]} {tag}" for tag, kind in self.given[at].kinds] if self.given else product.tags
            lines.append(f"{product.id} {product.title}: {'  '.join(tags)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the grid as a card for notebooks."""
        cells = []
        for at, product in enumerate(self.products):
            tags = cards.judged(self.given[at].kinds) if self.given else cards.chips(product.tags)
            cells.append(_cell(product, tags))
        legend = cards.judged_legend() if self.given else ""
        return cards.card(self.title, legend, _grid(cells))

    def to_html(self, path: str | Path) -> Path:
        """Write the grid as a page that needs nothing else, and return the path; its folder is made if need be."""
        return _write(path, self.title, self._repr_html_())


@dataclass(frozen=True)
class SamePhotos:
    """Groups of products with nearly the same photo, which show themselves.

    Attributes:
        name: The data set.
        groups: Each with the part and the product of two or more; the largest first.
        photos: How many photos were compared.
        unread: How many photos cannot be read, and the reason for the first; nothing for products without any.
        leaks: How many products of a later part have the photo of one of an earlier part, by both names.
    """

    name: str
    groups: tuple[tuple[tuple[str, Product], ...], ...]
    photos: int
    unread: tuple[int, str]
    leaks: dict[tuple[str, str], int]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        groups = [
            [{"part": part, "id": product.id, "title": product.title} for part, product in g] for g in self.groups
        ]
        leaks = {f"{second} photos in {first}": count for (first, second), count in self.leaks.items()}
        unread = {"photos": self.unread[0], "first": self.unread[1]}
        return {"name": self.name, "photos": self.photos, "unread": unread, "leaks": leaks, "groups": groups}

    def __repr__(self) -> str:
        """Return how many groups there are."""
        return f"SamePhotos({self.name!r}, {self.photos} photos, {len(self.groups)} groups)"

    @property
    def sentences(self) -> list[str]:
        """What was found, in words."""
        several = sum(map(len, self.groups)) - len(self.groups)
        out = [f"{self.photos:,} photos were compared; {several:,} are nearly the same as another one."]
        out += [
            f"Products of {second} with a photo of {first}: {count:,}." for (first, second), count in self.leaks.items()
        ]
        differ = sum(len({frozenset(product.tags) for _, product in group}) > 1 for group in self.groups)
        if differ:
            out.append(f"{differ:,} of {len(self.groups):,} groups do not agree on their tags.")
        count, why = self.unread
        return [*out, *([f"{count:,} photos cannot be read; the first: {why}"] if count else [])]

    def __str__(self) -> str:
        """Return what was found, and the groups as lines."""
        lines = []
        for group in self.groups[:ON_CARD]:
            lines.append("")
            lines += [f"  {part:5} {product.id} {product.title[:60]}" for part, product in group[:IN_GROUP]]
        return "\n".join([*self.sentences, *lines, *self._more()])

    def _repr_html_(self) -> str:
        """Return what was found, and the first groups with their photos, as a card for notebooks."""
        parts = list(map(cards.paragraph, self.sentences))
        for group in self.groups[:ON_CARD]:
            cells = [_cell(product, cards.chips(product.tags), part) for part, product in group[:IN_GROUP]]
            parts.append(f'<div style="margin-top:.6em">{_grid(cells)}</div>')
        return cards.card(f"{self.name}: the same photos", *parts, *map(cards.small, self._more()))

    def _more(self) -> list[str]:
        more = len(self.groups) - ON_CARD
        return [f"and {more:,} more groups: see `groups`"] if more > 0 else []

    def to_html(self, path: str | Path) -> Path:
        """Write it as a page that needs nothing else, and return the path; its folder is made if need be."""
        return _write(path, self.name, self._repr_html_())


def photos_of(data: Dataset, count: int, tagger: Any, seed: int) -> PhotoGrid:
    """Return products with photos, drawn at random; see `Dataset.photos`."""
    if count < 1:
        raise BadInput(f"`count` must be 1 or more, not {count}")
    pool = [product for product in (data.test if tagger and data.test else data.products) if product.images]
    if not pool:
        raise BadInput(f"no product of {data.name} has a photo")
    chosen = random.Random(seed).sample(pool, min(count, len(pool)))
    title = f"{data.name}: {len(chosen):,} of {len(pool):,} products with photos, drawn at random"
    if tagger is None:
        return PhotoGrid(title, tuple(chosen))
    given = (Judged.of(tagger.name, product, row) for product, row in zip(chosen, tagger.predict(chosen), strict=True))
    return PhotoGrid(f"{title}, tagged by {tagger.name}", tuple(chosen), tuple(given))


def same_photos(data: Dataset) -> SamePhotos:
    """Return groups of products with nearly the same photo; see `Dataset.same_photos`."""
    from tagkit.images.duplicates import fingerprint, groups

    rows = [(part, product) for part in PARTS for product in getattr(data, part) if product.images]
    if not rows:
        raise BadInput(f"no product of {data.name} has a photo")
    prints: list[Fingerprint] = []
    kept, reasons = [], []
    photos = announced(load_all(product for _, product in rows), [1] * len(rows), "Comparing photos")
    for row, photo in zip(rows, photos, strict=True):
        if isinstance(photo, BadPhoto):
            reasons.append(str(photo))
        else:
            prints.append(fingerprint(photo))
            kept.append(row)
    found = tuple(tuple(kept[at] for at in group) for group in groups(prints))
    return SamePhotos(data.name, found, len(kept), (len(reasons), reasons[0] if reasons else ""), _leaks(found))


def _leaks(groups: Sequence[Sequence[tuple[str, Product]]]) -> dict[tuple[str, str], int]:
    """Return how many products of a later part have the photo of one of an earlier part."""
    leaks: Counter[tuple[str, str]] = Counter()
    for group in groups:
        sizes = Counter(part for part, _ in group)
        for first, second in combinations(PARTS, 2):
            leaks[first, second] += sizes[second] if sizes[first] else 0
    return {pair: count for pair, count in leaks.items() if count}


def _cell(product: Product, tags: str, note: str = "") -> str:
    title = cards.small(" · ".join(text for text in (note, product.title) if text), 80)
    return f'<div style="{_CELL}">{picture(product)}{title}{tags}</div>'


def _grid(cells: Sequence[str]) -> str:
    return f'<div style="{_GRID}">{"".join(cells)}</div>'


def _write(path: str | Path, title: str, card: str) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, views.around(title, card))
    return path
