"""What a data set consists of: long tail, tags by category, tags that go together, lengths, duplicates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from tagkit.exploring import views
from tagkit.files import write_text
from tagkit.product import Dataset, Product
from tagkit.text.duplicates import text_key
from tagkit.text.spelling import spellings

BANDS = ((1, 1), (2, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, None))
"""The least and the most products of the tags of each band of the long tail."""
TOP, CATEGORIES, PAIRS, GROUPS = 20, 15, 20, 10
"""How many frequent tags, categories, pairs of tags and groups of duplicates are named."""
PAIRED = 300
"""So many of the most frequent tags are paired: of all of them the pairs would not fit in memory."""
LEAST = 5
"""A pair of tags counts from so many products on."""


@dataclass(frozen=True)
class Band:
    """Tags that about as many products have.

    Attributes:
        name: How many products, in words.
        tags: How many such tags there are.
        uses: How many tags of products they are.
    """

    name: str
    tags: int
    uses: int


@dataclass(frozen=True)
class Category:
    """The products of one category.

    Attributes:
        name: The category, "" for products without one.
        products: How many there are.
        tags: How many different tags they have.
        mean: How many tags a product has on average.
        top: Their most frequent tags.
    """

    name: str
    products: int
    tags: int
    mean: float
    top: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two tags of the same products.

    Attributes:
        tags: Both.
        products: How many products have both.
        lift: How many times as many that is as if they did not depend on each other.
    """

    tags: tuple[str, str]
    products: int
    lift: float


@dataclass(frozen=True)
class Duplicates:
    """Products whose texts differ in writing only (case, width, script, punctuation, order of words).

    Attributes:
        title: The title of the first one.
        ids: Their ids.
        agree: Whether all have the same tags.
    """

    title: str
    ids: tuple[str, ...]
    agree: bool


@dataclass(frozen=True)
class Overview:
    """What a data set consists of, all three parts together; it shows itself.

    Attributes:
        name: The data set.
        parts: The number of products of each part that has some.
        untagged: How many products have no tags.
        distinct: How many different tags there are.
        top: The most frequent tags and how many products have each.
        bands: The long tail.
        categories: The largest categories.
        n_categories: How many categories there are.
        tags_per_product: How many products have so many tags, by number of tags.
        lengths: Quantiles of the length of the texts in characters, by name.
        characters: How many products have texts of so many characters, by the lower and upper end.
        pairs: The tags that go together most often.
        strong_pairs: The tags that go together most beyond chance, those of at least 5 products.
        duplicates: Groups of duplicates, the largest first.
        n_duplicates: How many products are in such a group beside its first one.
        n_disagreeing: How many groups do not agree on their tags.
        several_spellings: Tags that are written in several ways.
    """

    name: str
    parts: dict[str, int]
    untagged: int
    distinct: int
    top: tuple[tuple[str, int], ...]
    bands: tuple[Band, ...]
    categories: tuple[Category, ...]
    n_categories: int
    tags_per_product: dict[int, int]
    lengths: dict[str, int]
    characters: tuple[tuple[int, int, int], ...]
    pairs: tuple[Pair, ...]
    strong_pairs: tuple[Pair, ...]
    duplicates: tuple[Duplicates, ...]
    n_duplicates: int
    n_disagreeing: int
    several_spellings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return asdict(self)

    def to_html(self, path: str | Path) -> Path:
        """Write it as a page that needs nothing else, and return the path; its folder is made if it does not exist."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, views.page(self))
        return path

    def __repr__(self) -> str:
        """Return the name, and how many products and tags there are."""
        return f"Overview({self.name!r}, {sum(self.parts.values())} products, {self.distinct} different tags)"

    def __str__(self) -> str:
        """Return plain tables."""
        return views.text(self)

    def _repr_html_(self) -> str:
        """Return a card for notebooks."""
        return views.card(self)


def overview(data: Dataset) -> Overview:
    """Return what a data set consists of."""
    products = data.products
    counts = Counter(tag for product in products for tag in set(product.tags))
    by_category: dict[str, list[Product]] = defaultdict(list)
    for product in products:
        by_category[product.category].append(product)
    largest = sorted(by_category, key=lambda name: (-len(by_category[name]), name))[:CATEGORIES]
    sizes = Counter(len(product.tags) for product in products)
    lengths = np.array([len(product.text) for product in products] or [0])
    cuts = {"shortest": 0, "10 %": 10, "median": 50, "90 %": 90, "longest": 100}
    pairs = _pairs(products, counts)
    groups = _duplicates(products)
    spelled = sorted(" = ".join(sorted(forms)) for forms in spellings(products).values() if len(forms) > 1)
    return Overview(
        data.name,
        {part: len(rows) for part in ("train", "dev", "test") if (rows := getattr(data, part))},
        sizes[0],
        len(counts),
        tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP]),
        tuple(_bands(counts)),
        tuple(_category(name, by_category[name]) for name in largest),
        len([name for name in by_category if name]),
        dict(sorted(sizes.items())),
        {name: int(np.percentile(lengths, cut)) for name, cut in cuts.items()},
        _histogram(lengths),
        tuple(sorted(pairs, key=lambda pair: (-pair.products, pair.tags))[:PAIRS]),
        tuple(sorted(pairs, key=lambda pair: (-pair.lift, pair.tags))[:PAIRS]),
        tuple(groups[:GROUPS]),
        sum(len(group.ids) - 1 for group in groups),
        sum(not group.agree for group in groups),
        tuple(spelled),
    )


def _bands(counts: Counter[str]) -> list[Band]:
    out = []
    for least, most in BANDS:
        found = [count for count in counts.values() if least <= count and (most is None or count <= most)]
        name = f"{least} or more" if most is None else f"{least} to {most}" if most > least else f"{least}"
        out.append(Band(name, len(found), sum(found)))
    return out


def _category(name: str, products: Sequence[Product]) -> Category:
    counts = Counter(tag for product in products for tag in set(product.tags))
    top = sorted(counts, key=lambda tag: (-counts[tag], tag))[:6]
    mean = sum(len(product.tags) for product in products) / len(products)
    return Category(name, len(products), len(counts), mean, tuple(top))


def _pairs(products: Sequence[Product], counts: Counter[str]) -> list[Pair]:
    """Return the pairs of frequent tags that enough products have."""
    frequent = set(sorted(counts, key=lambda tag: (-counts[tag], tag))[:PAIRED])
    together: Counter[tuple[str, str]] = Counter()
    for product in products:
        together.update(combinations(sorted(frequent.intersection(product.tags)), 2))
    return [
        Pair(pair, count, count * len(products) / (counts[pair[0]] * counts[pair[1]]))
        for pair, count in together.items()
        if count >= LEAST
    ]


def _duplicates(products: Sequence[Product]) -> list[Duplicates]:
    groups: dict[str, list[Product]] = defaultdict(list)
    for product in products:
        groups[text_key(product.text)].append(product)
    found = [
        Duplicates(group[0].title, tuple(one.id for one in group), len({frozenset(one.tags) for one in group}) == 1)
        for group in groups.values()
        if len(group) > 1
    ]
    return sorted(found, key=lambda group: -len(group.ids))


def _histogram(lengths: Any) -> tuple[tuple[int, int, int], ...]:
    """Return lower end, upper end and number of the texts in bins of equal width, at most 12."""
    width = max(1, -(-(int(np.percentile(lengths, 99)) + 1) // 12))
    bins = Counter(min(int(length) // width, 11) for length in lengths)
    ends = [(at * width, (at + 1) * width - 1) for at in range(12)]
    ends[-1] = (ends[-1][0], max(ends[-1][1], int(lengths.max())))
    return tuple((*ends[at], bins[at]) for at in range(max(bins) + 1))
