"""The fixed split: the part that an id belongs to depends on its hash alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from tagkit.product import Product

PARTS = ("train", "dev", "test")


def bucket(text: str, buckets: int = 100) -> int:
    """Return the first 32 bits of a text's sha256 modulo `buckets`."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % buckets


def split_of(id: str) -> str:
    """Return "train", "dev" or "test" for an id, with 70, 10 and 20 of 100 hash values.

    The part of a product doesn't change when other products are added or removed, and no seed is involved.
    """
    value = bucket(id)
    return "train" if value < 70 else "dev" if value < 80 else "test"


Parts = tuple[tuple[Product, ...], tuple[Product, ...], tuple[Product, ...]]


def by_part(rows: Iterable[tuple[str, Product]]) -> Parts:
    """Collect (part, product) pairs into train, dev and test, in order."""
    found: dict[str, list[Product]] = {part: [] for part in PARTS}
    for part, product in rows:
        found[part].append(product)
    return tuple(found["train"]), tuple(found["dev"]), tuple(found["test"])


def hold_out_tenth(products: Iterable[Product]) -> tuple[tuple[Product, ...], tuple[Product, ...]]:
    """Return train and dev: a tenth of the products, chosen by the hash of their texts, becomes dev.

    Products of the same text stay together.
    """
    train, dev, _ = by_part(("train" if bucket(product.text, 10) else "dev", product) for product in products)
    return train, dev
