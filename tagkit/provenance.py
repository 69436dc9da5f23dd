"""What a pipeline was fitted on, as far as judging its scores needs it: how many products, which tags and texts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tagkit.product import Dataset, Product
from tagkit.state import State
from tagkit.text.duplicates import text_key


@dataclass(frozen=True)
class Provenance:
    """What a pipeline was fitted on.

    Attributes:
        data: The name of the data set.
        train: Number of products that were learned from.
        dev: Number of products that thresholds and parameters were chosen on.
        tag_counts: How often each tag occurs in train.
        texts: The hashes of all texts, as `text_hashes` gives them, in ascending order.
    """

    data: str
    train: int
    dev: int
    tag_counts: Mapping[str, int]
    texts: NDArray[np.uint64]

    @classmethod
    def of(cls, data: Dataset) -> Self:
        """Describe the train and the dev part of a data set."""
        texts = np.unique(text_hashes((*data.train, *data.dev)))
        return cls(data.name, len(data.train), len(data.dev), data.tag_counts, texts)

    @classmethod
    def from_state(cls, state: State | None) -> Self | None:
        """Build it from what `to_state` returned; None from nothing."""
        return cls(**state | {"tag_counts": dict(state["tag_counts"])}) if state else None

    def to_state(self) -> State:
        """Return it as lists, numbers and an array."""
        return vars(self) | {"tag_counts": list(self.tag_counts.items())}

    def plus(self, products: Sequence[Product]) -> Provenance:
        """Return the description after learning from more products; earlier versions of these still count."""
        counts = Counter(self.tag_counts) + Counter(tag for product in products for tag in product.tags)
        texts = np.union1d(self.texts, text_hashes(products))
        return replace(self, train=self.train + len(products), tag_counts=dict(counts), texts=texts)

    def holds(self, products: Iterable[Product]) -> NDArray[np.bool_]:
        """Say of each product whether its text, but for how it is written, is among those that were learned from."""
        return np.isin(text_hashes(products), self.texts)


def text_hashes(products: Iterable[Product]) -> NDArray[np.uint64]:
    """Return 64 bits for each product, equal for texts that differ in writing only (see `text_key`)."""
    keys = (text_key(product.text).encode() for product in products)
    return np.array([int.from_bytes(hashlib.sha256(key).digest()[:8], "big") for key in keys], dtype=np.uint64)
