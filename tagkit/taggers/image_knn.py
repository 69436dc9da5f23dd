"""Nearest neighbours by photo: the tags of the training products whose photos are most similar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.explanation import Explanation, Share
from tagkit.features import RememberedProducts, best_tags, targets, votes
from tagkit.images.options import PhotoOptions, Scaler
from tagkit.learning import identity
from tagkit.neural.index import VectorIndex
from tagkit.parameters import PositiveFloat, PositiveInt
from tagkit.product import Product, Tags
from tagkit.tagger import Space, State, Tagger

Floats = NDArray[np.float32]


class ImageNeighbours(PhotoOptions, Tagger):
    """Votes of the k training products whose photos are nearest in a pre-trained image encoder's space.

    Every feature is scaled to mean 0 and standard deviation 1 over train; the vote of a neighbour with cosine c weighs
    exp((c - highest) / temperature). Nothing is trained. A product without a readable photo gets no tags. It learns
    more products at once; the scale stays that of the first fit.

    Args:
        k: How many neighbours vote.
        temperature: The lower, the more the nearest count.
        limit: How many tags to give at most.

    Source: Cover and Hart, Nearest neighbor pattern classification (1967); encoder: Tan and Le, EfficientNet (ICML
    2019).
    """

    name = "image_knn"
    reads_photos = True
    space: ClassVar[Space] = {"k": (5, 50, "log"), "temperature": (0.02, 0.3, "log")}

    k: PositiveInt = 20
    temperature: PositiveFloat = 0.1
    limit: PositiveInt = 20

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        products, photos = self.learnable(train)
        self._scaler = Scaler.of(photos.vectors)
        self.tags_ = sorted({tag for product in products for tag in product.tags})
        self._targets = targets(products, self.tags_)
        self._index = VectorIndex(self._unit(photos.vectors))
        self.keys_ = [identity(product) for product in products]

    def _learn_new(self, more: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        photos = self.photos(more)
        readable = [product for product, found in zip(more, photos.found, strict=True) if found]
        memory = RememberedProducts(self.keys_, self.tags_, self._targets).learn(readable)
        added = self.photos(memory.added)
        vectors = self._index.vectors[memory.kept]
        if memory.added:
            vectors = np.concatenate([vectors, self._unit(added.vectors)])
        self.keys_, self.tags_, self._targets = memory.keys, memory.tags, memory.targets
        self._index = VectorIndex(vectors)

    def _unit(self, vectors: Floats) -> Floats:
        """Return vectors in the scale of train, of length 1."""
        scaled = self._scaler(vectors)
        unit: Floats = scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-9)
        return unit

    def _votes(self, products: Sequence[Product]) -> NDArray[np.float64]:
        """Return the votes for all tags, shape (products, tags); zeros for a product without a photo."""
        photos = self.photos(products)
        out = np.zeros((len(products), len(self.tags_)))
        rows = np.flatnonzero(photos.found)
        if len(rows):
            keys, cosines = self._index.search(self._unit(photos.vectors[rows]), self.k)
            for row, key, cosine in zip(rows, keys, cosines, strict=True):
                out[row] = votes(self._targets, key, cosine, self.temperature)
        return np.round(out, 6)

    def _tag(self, products: Sequence[Product]) -> Tags:
        return best_tags(self._votes(products), self.tags_, self.name, self.limit)

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        if tag not in self.tags_:
            return [0.0] * len(products)
        scores: list[float] = self._votes(products)[:, self.tags_.index(tag)].tolist()
        return scores

    def _explain(self, product: Product, tag: str) -> Explanation:
        score = float(self._score_of([product], tag)[0])
        made = Explanation(product.text, tag, score, False, self.name, "neighbours")
        photos = self.photos([product])
        if not photos.found[0]:
            return replace(made, facts={"photo": photos.reasons[0]})
        keys, cosines = self._index.search(self._unit(photos.vectors), self.k)
        memory = RememberedProducts(self.keys_, self.tags_, self._targets)
        titles = memory.titles(self.learned_from_, lambda row: f"training product {row + 1}")
        neighbours = memory.neighbours(tag, keys[0].tolist(), cosines[0].tolist(), titles)
        shares = (Share("photo", score, "the votes of the products with similar photos"),)
        return replace(made, neighbours=neighbours, shares=shares)

    def _state(self) -> State:
        state: State = {"sha256": self.sha256_, "tags": self.tags_, "targets": self._targets, "keys": self.keys_}
        state |= {"mean": self._scaler.mean, "spread": self._scaler.spread}
        return state | {"vectors": self._index.vectors}

    def _restore(self, state: State) -> None:
        self.sha256_, self.tags_, self._targets = state["sha256"], state["tags"], state["targets"]
        self._scaler = Scaler(state["mean"], state["spread"])
        self.keys_, self._index = state["keys"], VectorIndex(state["vectors"])
        self.load_encoder(self.sha256_)
