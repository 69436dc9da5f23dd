"""Folds of a data set's train and dev part, for comparisons that a test part of some hundred products cannot decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tqdm.auto import tqdm

from tagkit.datasets.split import bucket
from tagkit.product import Dataset

DEV = 10
"""One of so many products outside a fold is dev."""


def folds(data: Dataset, count: int) -> Iterator[Dataset]:
    """Cut train and dev into folds by hash of the id; the test part is not touched.

    Yields:
        For each fold a data set whose test part it is; of the other folds one tenth is dev.
    """
    pool = (*data.train, *data.dev)
    for fold in tqdm(range(count), unit="fold"):
        inside = [bucket(product.id, count * DEV) % count == fold for product in pool]
        rest = [product for product, at in zip(pool, inside, strict=True) if not at]
        dev = [bucket(product.id, count * DEV) // count == 0 for product in rest]
        yield replace(
            data,
            train=tuple(product for product, at in zip(rest, dev, strict=True) if not at),
            dev=tuple(product for product, at in zip(rest, dev, strict=True) if at),
            test=tuple(product for product, at in zip(pool, inside, strict=True) if at),
        )
