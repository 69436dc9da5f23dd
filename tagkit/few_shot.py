"""The choice of training products that a prompt shows with their tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np

from tagkit.datasets.items import as_products
from tagkit.features import TextFeatures
from tagkit.product import Product
from tagkit.tagger import State

Similarity = Literal["similar", "shared"]


class Demonstrations:
    """Chooses demonstrations by the cosine similarity of TF-IDF vectors of character n-grams, as `knn` does.

    Args:
        kind: "similar": the nearest neighbours of each product, the nearest last; "shared": the same random products
            for all, so that their part of the prompt is computed once.
        count: The number of demonstrations.
        seed: Seed of the random choice.
    """

    def __init__(self, kind: str, count: int, seed: int = 0) -> None:
        self.kind = kind
        self.count = count
        self.seed = seed
        self.products: list[Product] = []

    def fit(self, train: Sequence[Product]) -> Self:
        """Set the tagged products to choose from."""
        self.products = list(train)
        if self.kind == "shared":
            count = min(self.count, len(self.products))
            chosen = np.random.default_rng(self.seed).choice(len(self.products), count, replace=False)
            self.products = [self.products[i] for i in chosen]
        else:
            self._features = TextFeatures(use_words=False)
            self._vectors = self._features.fit(self.products)
        return self

    def choose(self, products: Sequence[Product]) -> list[list[Product]]:
        """Return the demonstrations of each product."""
        if self.kind == "shared":
            return [self.products] * len(products)
        out = []
        for row in self._features.transform(products) @ self._vectors.T:
            nearest = np.argsort(-np.round(row.toarray().ravel(), 9), kind="stable")[: self.count]
            out.append([self.products[i] for i in nearest[::-1]])
        return out

    def state(self) -> State:
        """Return the products to choose from, and their vectors."""
        out: dict[str, Any] = {"products": [product.to_dict() for product in self.products]}
        if self.kind == "similar":
            out |= {"features": self._features.state(), "vectors": self._vectors}
        return out

    def restore(self, state: State) -> Self:
        """Restore what `state` returned."""
        self.products = as_products(state["products"])
        if self.kind == "similar":
            self._features = TextFeatures(use_words=False)
            self._features.restore(state["features"])
            self._vectors = state["vectors"]
        return self
