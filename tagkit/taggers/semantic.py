"""Semantic neighbours: the tags of the nearest training products, and the nearest tags by their own texts."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from tagkit import weights
from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.explanation import Explanation, Share
from tagkit.features import RememberedProducts, best_tags, targets, votes
from tagkit.learning import identity
from tagkit.neural import Backbone
from tagkit.neural.hardware import Precision
from tagkit.neural.index import VectorIndex
from tagkit.neural.inference import embed
from tagkit.neural.options import choose_model
from tagkit.parameters import PositiveFloat, PositiveInt, Probability
from tagkit.product import Product, Tags
from tagkit.tagger import Space, State, Tagger

WEIGHTS = (0.0, 0.1, 0.2, 0.35, 0.5, 1.0)
"""Shares of the tags' own votes that are tried on dev."""


class Semantic(Tagger):
    """Votes of the k nearest training products in a pre-trained encoder's space, and of the tags' own texts.

    The vote of a neighbour with cosine c weighs exp((c - highest) / temperature). A tag's own vote is the same function
    of the cosine between the product and the tag's text, so that it needs no example; `own` is its share. The encoder
    is not trained; a saved strategy names it and does not hold it. It learns more products at once: only these and new
    tags are embedded.

    Args:
        model: The encoder: a name from `tagkit models list`, a hub id or a folder; "auto": by the products' language.
        k: How many neighbours vote.
        temperature: The lower, the more the nearest count.
        own: Share of the tags' own votes, from 0 to 1; None: the best by R@10 on dev (0.1 without dev).
        exact: Whether the search is exhaustive; None: up to 50,000 training products, a graph index beyond.
        limit: How many tags to give at most.
        tag_precision: "fp32", "bf16", or "auto"; in fp32 a product's scores do not depend on the batch.

    Source: Reimers and Gurevych, Sentence-BERT (EMNLP 2019); votes: Khandelwal et al., Generalization through
    Memorization: Nearest Neighbor Language Models (ICLR 2020).
    """

    name = "semantic"
    space: ClassVar[Space] = {"k": (5, 100, "log"), "temperature": (0.005, 0.1, "log")}

    model: str = "auto"
    k: PositiveInt = 20
    temperature: PositiveFloat = 0.02
    own: Probability | None = None
    exact: bool | None = None
    limit: PositiveInt = 20
    tag_precision: Precision = "fp32"

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        tagged = [product for product in train if product.tags]
        if not tagged:
            raise BadInput("semantic learns from tags, and no training product has one")
        self.model_ = choose_model(self.model, train)
        self._load()
        self.tags_ = sorted({tag for product in tagged for tag in product.tags})
        self._targets = targets(tagged, self.tags_)
        self._labels = self._embed(self.tags_)
        self._index = VectorIndex(self._embed([product.text for product in tagged]), self.exact)
        self.keys_ = [identity(product) for product in tagged]
        self.own_ = self._choose([product for product in dev if product.tags]) if self.own is None else self.own

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        before = dict(zip(self.tags_, self._labels, strict=True))
        memory = RememberedProducts(self.keys_, self.tags_, self._targets).learn(more, old)
        new = [tag for tag in memory.tags if tag not in before]
        before |= zip(new, self._embed(new), strict=True)
        added = self._embed([product.text for product in memory.added])
        self.keys_, self.tags_, self._targets = memory.keys, memory.tags, memory.targets
        self._labels = np.stack([before[tag] for tag in self.tags_])
        self._index = VectorIndex(np.concatenate([self._index.vectors[memory.kept], added]), self.exact)
        labelled = [product for product in dev if product.tags]
        if self.own is None and labelled:
            self.own_ = self._choose(labelled)

    def _load(self, sha256: str = "") -> None:
        self._backbone = Backbone.load(self.model_, sha256)

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return embed(self._backbone, texts, precision=self.tag_precision)

    def _choose(self, dev: Sequence[Product]) -> float:
        if not dev:
            return 0.1
        near, own = self._votes(dev)
        gold = targets(dev, self.tags_).toarray()

        def recall(weight: float) -> float:
            scores = (1 - weight) * near + weight * own
            best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
            return float(np.take_along_axis(gold, best, axis=1).sum())

        return max(WEIGHTS, key=recall)

    def _votes(self, products: Sequence[Product]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the votes of the neighbours and those of the tags' own vectors, both of shape (products, tags)."""
        vectors = self._embed([product.text for product in products])
        keys, cosines = self._index.search(vectors, self.k)
        near = np.zeros((len(products), len(self.tags_)))
        for row, key, cosine in zip(near, keys, cosines, strict=True):
            row[:] = votes(self._targets, key, cosine, self.temperature)
        similarity = np.round(vectors @ self._labels.T, 5)
        return near, np.exp((similarity - similarity.max(1, keepdims=True)) / self.temperature)

    def _tag(self, products: Sequence[Product]) -> Tags:
        near, own = self._votes(products)
        scores = np.round((1 - self.own_) * near + self.own_ * own, 6)
        return best_tags(scores, self.tags_, self.name, self.limit)

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        if tag not in self.tags_:
            return [0.0] * len(products)
        near, own = self._votes(products)
        at = self.tags_.index(tag)
        scores: list[float] = np.clip((1 - self.own_) * near[:, at] + self.own_ * own[:, at], 0, 1).tolist()
        return scores

    def _rough(self) -> Self:
        """Return a copy that embeds in bf16 where the device multiplies that in hardware."""
        made = copy.copy(self)
        made.tag_precision = "auto"
        return made

    def _explain(self, product: Product, tag: str) -> Explanation:
        found = super()._explain(product, tag)
        keys, cosines = self._index.search(self._embed([product.text]), self.k)
        memory = RememberedProducts(self.keys_, self.tags_, self._targets)
        titles = memory.titles(self.learned_from_, lambda row: f"training product {row + 1}")
        neighbours = memory.neighbours(tag, keys[0].tolist(), cosines[0].tolist(), titles)
        found = replace(found, neighbours=neighbours)
        if tag not in self.tags_:
            return found
        near, own = self._votes([product])
        at = self.tags_.index(tag)
        shares = (
            Share("neighbours", float((1 - self.own_) * near[0, at]), "their votes"),
            Share("tag", float(self.own_ * own[0, at]), "how near its own text is"),
        )
        return replace(found, shares=shares)

    def _state(self) -> State:
        state: State = {"model": self.model_, "sha256": weights.digest(self.model_)}
        state |= {"tags": self.tags_, "own": self.own_, "targets": self._targets}
        return state | {"keys": self.keys_, "labels": self._labels, "vectors": self._index.vectors}

    def _restore(self, state: State) -> None:
        self.model_, self.tags_, self.own_ = state["model"], state["tags"], state["own"]
        self._targets, self._labels, self.keys_ = state["targets"], state["labels"], state["keys"]
        self._index = VectorIndex(state["vectors"], self.exact)
        self._load(state["sha256"])
