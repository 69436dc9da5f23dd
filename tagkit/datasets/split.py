"""The frozen split: which part an id belongs to follows from its hash alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from tagkit.product import Product

PARTS = ("train", "dev", "test")


def bucket(text: str, buckets: int = 100) -> int:
    """Return a number below `buckets` that follows from the text alone: its sha256's first 32 bits, modulo."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % buckets


def split_of(id: str) -> str:
    """Return "train", "dev" or "test" for an id: 70, 10 and 20 of 100 hash values.

    The part of a product never changes when others come or go, and no seed is involved.
    """
    value = bucket(id)
    return "train" if value < 70 else "dev" if value < 80 else "test"


Parts = tuple[tuple[Product, ...], tuple[Product, ...], tuple[Product, ...]]


def by_part(rows: Iterable[tuple[str, Product]]) -> Parts:
    """Gather (part, product) pairs into train, dev and test, in order."""
    found: dict[str, list[Product]] = {part: [] for part in PARTS}
    for part, product in rows:
        found[part].append(product)
    return tuple(found["train"]), tuple(found["dev"]), tuple(found["test"])
