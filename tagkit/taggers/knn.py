"""Nearest neighbours: the tags of the most similar training products, by BM25 and character n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Literal, get_args

import bm25s
import numpy as np
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.explanation import Explanation, Share
from tagkit.features import CleaningOptions, RememberedProducts, TextFeatures, targets
from tagkit.learning import identity
from tagkit.parameters import NonNegativeFloat, PositiveInt
from tagkit.product import Product, Tags
from tagkit.tagger import Space, State, Tagger, ranked

Index = Literal["both", "bm25", "char"]


class Neighbours(CleaningOptions, Tagger):
    """Tags of the k most similar training products, weighted by similarity.

    The score of a tag is the share of the neighbours' total similarity that belongs to neighbours with the tag; with
    both indexes, the mean of the two shares. It learns more products at once; without the old products, their words are
    not cut anew at tags that are new.

    Args:
        k: The number of neighbours.
        index: "bm25" over words, "char" for cosine over TF-IDF of character 1- to 3-grams, or "both".
        power: The power to which similarities are raised; a higher one gives the nearest neighbours more weight.
        limit: How many tags to return at most.

    Source: Cover and Hart, Nearest neighbor pattern classification (1967); BM25 by the package bm25s (Lù, 2024).
    """

    name = "knn"
    space: ClassVar[Space] = {"k": (1, 50, "log"), "index": list(get_args(Index)), "power": (0.5, 4.0)}

    k: PositiveInt = 10
    index: Index = "both"
    power: NonNegativeFloat = 1.5
    limit: PositiveInt = 20

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        tagged = [product for product in train if product.tags]
        if not tagged:
            raise BadInput("knn needs tags to learn from, and no training product has one")
        self.tags_ = sorted({tag for product in tagged for tag in product.tags})
        self._targets = targets(tagged, self.tags_)
        self._features = TextFeatures(use_words=False, skip_cleaning=self.skip_cleaning)
        self._vectors = self._features.fit(tagged, self.tags_)
        self.words_ = [self._features.words(product) for product in tagged]
        self.keys_ = [identity(product) for product in tagged]
        self._index_words()

    def _learn_new(self, more: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        memory = RememberedProducts(self.keys_, self.tags_, self._targets).learn(more)
        self._features, self._vectors = self._features.extended(self._vectors[memory.kept], memory.added)
        self._features.set_user_words(memory.tags)
        added = [self._features.words(product) for product in memory.added]
        self.words_ = [*(self.words_[row] for row in memory.kept), *added]
        self.keys_, self.tags_, self._targets = memory.keys, memory.tags, memory.targets
        self._index_words()

    def _index_words(self) -> None:
        self._bm25 = bm25s.BM25()
        self._bm25.index([row or [" "] for row in self.words_], show_progress=False)

    def _tag(self, products: Sequence[Product]) -> Tags:
        shares = self._shares(products)
        return [ranked(((self.tags_[i], row[i]) for i in np.flatnonzero(row)), self.name, self.limit) for row in shares]

    def _similarities(self, products: Sequence[Product]) -> list[list[NDArray[np.float64]]]:
        """Return by index and product the similarities to all training products."""
        found: list[list[NDArray[np.float64]]] = []
        if self.index in ("both", "char"):
            vectors = self._features.transform(products)
            found.append([row.toarray().ravel() for row in vectors @ self._vectors.T])
        if self.index in ("both", "bm25"):
            found.append([self._bm25_scores(self._features.words(product)) for product in products])
        return found

    def _shares(self, products: Sequence[Product]) -> list[NDArray[np.float64]]:
        """Return the scores of all tags for each product."""
        votes = ([self._vote(row) for row in rows] for rows in self._similarities(products))
        return [np.mean(parts, axis=0) for parts in zip(*votes, strict=True)]

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        if tag not in self.tags_:
            return [0.0] * len(products)
        at = self.tags_.index(tag)
        return [float(row[at]) for row in self._shares(products)]

    def _explain(self, product: Product, tag: str) -> Explanation:
        found = super()._explain(product, tag)
        weights = np.mean([self._weights(rows[0]) for rows in self._similarities([product])], axis=0)
        nearest = np.argsort(-weights, kind="stable")
        near = nearest[weights[nearest] > 0]
        memory = RememberedProducts(self.keys_, self.tags_, self._targets)
        titles = memory.titles(self.learned_from_, lambda row: " ".join(self.words_[row]))
        neighbours = memory.neighbours(tag, near.tolist(), weights[near].tolist(), titles)
        votes = sum(one.similarity for one in neighbours if one.has_tag)
        shares = (Share("neighbours with the tag", votes), *found.shares)
        facts = {**found.facts, "similarity": "the neighbour's share of the votes"}
        return replace(found, neighbours=neighbours, shares=shares, facts=facts)

    def _bm25_scores(self, query: list[str]) -> NDArray[np.float64]:
        """Return the similarities of a query to all training products, shape (products,)."""
        known = [word for word in query if word in self._bm25.vocab_dict]
        if not known:
            return np.zeros(len(self.words_))
        return np.asarray(self._bm25.get_scores(known), dtype=np.float64)

    def _vote(self, similarity: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of each tag in the similarity of the nearest training products, shape (tags,)."""
        nearest, weights = self._nearest(similarity)
        total = weights.sum()
        return np.asarray(weights @ self._targets[nearest]).ravel() / total if total > 0 else np.zeros(len(self.tags_))

    def _weights(self, similarity: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of each training product in the similarity of the nearest ones, shape (products,)."""
        nearest, weights = self._nearest(similarity)
        found = np.zeros(len(similarity))
        found[nearest] = weights / max(weights.sum(), 1e-300)
        return found

    def _nearest(self, similarity: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the positions of the nearest training products and their similarities to a power."""
        similarity = np.round(similarity, 9)
        nearest = np.argsort(-similarity, kind="stable")[: self.k]
        return nearest, similarity[nearest] ** self.power

    def _state(self) -> State:
        return {
            "features": self._features.state(),
            "keys": self.keys_,
            "tags": self.tags_,
            "words": self.words_,
            "vectors": self._vectors,
            "targets": self._targets,
        }

    def _restore(self, state: State) -> None:
        self.tags_, self.words_, self.keys_ = state["tags"], state["words"], state["keys"]
        self._vectors, self._targets = state["vectors"], state["targets"]
        self._features = TextFeatures(use_words=False, skip_cleaning=self.skip_cleaning)
        self._features.restore(state["features"])
        self._index_words()
