"""Candidate tags for a model to choose from: dictionary matches, tags of neighbours, and co-occurring tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy import sparse

from tagkit.creation import create
from tagkit.features import targets
from tagkit.product import Product
from tagkit.saved import from_state, to_state
from tagkit.tagger import State, Tagger

TAGGERS = ("lexicon", "knn")


class CandidateRetriever:
    """Retrieves the most promising tags of train for each product.

    The score of a tag is the sum of its scores by `lexicon` and `knn`, plus its mean co-occurrence P(tag | found tag)
    in train with the tags that these found, weighted by their scores.
    """

    def __init__(self) -> None:
        self.taggers: list[Tagger] = []
        self.tags: list[str] = []
        self.graph = sparse.csr_matrix((0, 0))

    def fit(self, train: Sequence[Product], dev: Sequence[Product]) -> Self:
        """Fit on tagged products."""
        self.taggers = [create(name).fit(train, dev=dev) for name in TAGGERS]
        self.tags = sorted({tag for product in train for tag in product.tags})
        gold = sparse.csr_matrix(targets([product for product in train if product.tags], self.tags), dtype=np.float64)
        together = (gold.T @ gold).tocsr()
        counts = np.maximum(together.diagonal(), 1)
        together.setdiag(0)
        self.graph = sparse.csr_matrix(sparse.diags(1 / counts) @ together)
        return self

    def __call__(self, products: Sequence[Product], count: int) -> list[list[str]]:
        """Return for each product the `count` tags (or all, if there are fewer) with the highest scores."""
        numbers = {tag: number for number, tag in enumerate(self.tags)}
        rows, columns, values = [], [], []
        for tagger in self.taggers:
            for row, tags in enumerate(tagger.predict(products)):
                for tag in tags:
                    if tag.text in numbers:
                        rows.append(row)
                        columns.append(numbers[tag.text])
                        values.append(tag.score)
        shape = (len(products), len(self.tags))
        found = sparse.csr_matrix((values, (rows, columns)), shape=shape)
        total = np.maximum(np.asarray(found.sum(1)).ravel(), 1e-12)
        scores = np.round((found + sparse.diags(1 / total) @ found @ self.graph).toarray(), 9)
        degree = np.asarray(self.graph.sum(0)).ravel()
        return [[self.tags[i] for i in np.lexsort((-degree, -row))[:count]] for row in scores]

    def state(self) -> State:
        """Return the fitted state."""
        taggers = {tagger.name: to_state(tagger) for tagger in self.taggers}
        return {"tags": self.tags, "graph": self.graph, "taggers": taggers}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make a retriever from what `state` returned."""
        made = cls()
        made.tags, made.graph = state["tags"], state["graph"]
        made.taggers = [from_state(state["taggers"][name]) for name in TAGGERS]
        return made
