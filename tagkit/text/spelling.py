"""One tag in several spellings (T恤, t恤, Ｔ恤, T卹): which spellings are one tag, and one spelling for all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from tagkit.product import Dataset, Product, Tag
from tagkit.text.clean import clean

STEPS = ("control", "nfkc", "traditional", "case", "blanks")
"""The steps of cleaning after which two spellings of one tag are equal; marks and numbers tell tags apart (C, C++)."""


@lru_cache(maxsize=1 << 17)
def fold(tag: str) -> str:
    """Return what all spellings of a tag have in common: width, case, script and blanks are made equal."""
    return " ".join(clean(tag, STEPS).text.split()) or tag


def spellings(*parts: Iterable[Product]) -> dict[str, Counter[str]]:
    """Return the spellings of each folded tag with their counts, from the first part in which it occurs."""
    found: dict[str, Counter[str]] = {}
    for products in parts:
        new: dict[str, Counter[str]] = defaultdict(Counter)
        for product in products:
            for tag in product.tags:
                new[fold(tag)][tag] += 1
        found = dict(new) | found
    return found


def one_spelling(data: Dataset) -> Dataset:
    """Return a data set in which each gold tag has one spelling, the most frequent one of train.

    Tags that train lacks get the most frequent spelling of dev, else of test; of equally frequent ones the first in
    alphabetical order. Its broader tags follow. A data set without such tags is returned as it is, and
    so is one with annotations, whose tags are parts of the text as it is written.
    """
    if any(product.annotations for part in (data.train, data.dev, data.test) for product in part):
        return data
    found = spellings(data.train, data.dev, data.test)
    preferred = {key: min(counts, key=lambda tag: (-counts[tag], tag)) for key, counts in found.items()}
    parts = {"train": data.train, "dev": data.dev, "test": data.test}
    made = {name: _respelled(products, preferred) for name, products in parts.items()}
    if any(made[name] is not parts[name] for name in parts):
        data = data.with_parts(**made)

    def spelt(tag: str) -> str:
        return preferred.get(fold(tag), tag)

    parents = {spelt(tag): tuple(dict.fromkeys(map(spelt, above))) for tag, above in data.parents.items()}
    return data if parents == data.parents else replace(data, parents=parents)


def _respelled(products: Sequence[Product], preferred: Mapping[str, str]) -> Sequence[Product]:
    tags = [tuple(dict.fromkeys(preferred[fold(tag)] for tag in product.tags)) for product in products]
    if all(row == product.tags for row, product in zip(tags, products, strict=True)):
        return products
    return [replace(product, tags=row) for row, product in zip(tags, products, strict=True)]


def merge(tags: Sequence[Tag]) -> list[Tag]:
    """Return a ranked list with each tag once for each type, all spellings of it in that of the best ranked one.

    The best ranked one keeps its rank and its source; it gets the highest score of the equal ones and all their spans.
    """
    spelling: dict[str, str] = {}
    merged: dict[tuple[str, str], Tag] = {}
    for tag in tags:
        text = spelling.setdefault(fold(tag.text), tag.text)
        first = merged.get((text, tag.type))
        if first is None:
            merged[text, tag.type] = tag if tag.text == text else replace(tag, text=text)
        else:
            spans = sorted({*first.spans, *tag.spans}, key=lambda span: (span.start, span.end))
            merged[text, tag.type] = replace(first, score=max(first.score, tag.score), spans=tuple(spans))
    return list(merged.values())
