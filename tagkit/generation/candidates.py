"""Candidate tags before a model chooses: dictionary matches, tags of neighbours, and tags that co-occur with these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse

from tagkit.features import targets
from tagkit.product import Product
from tagkit.tagger import State, create

TAGGERS = ("lexicon", "knn")


class CandidateRetriever:
    """The most promising tags of the vocabulary for each product.

    A tag's score is the sum of what `lexicon` and `knn` give it, plus what the tags so found say about it in the graph
    of tags that stand together: the mean of P(tag | found tag) in train, weighted by the scores.
    """

    def __init__(self) -> None:
        self.taggers: list[Any] = []
        self.tags: list[str] = []
        self.graph = sparse.csr_matrix((0, 0))

    def fit(self, train: Sequence[Product], dev: Sequence[Product]) -> Self:
        """Learn from tagged products."""
        self.taggers = [create(name).fit(train, dev=dev) for name in TAGGERS]
        self.tags = sorted({tag for product in train for tag in product.tags})
        gold = sparse.csr_matrix(targets([product for product in train if product.tags], self.tags), dtype=np.float64)
        together = (gold.T @ gold).tocsr()
        alone = np.maximum(together.diagonal(), 1)
        together.setdiag(0)
        self.graph = sparse.csr_matrix(sparse.diags(1 / alone) @ together)
        return self

    def __call__(self, products: Sequence[Product], count: int) -> list[list[str]]:
        """Return up to `count` tags for each product, the most promising first; never none."""
        at = {tag: number for number, tag in enumerate(self.tags)}
        rows, columns, values = [], [], []
        for member in self.taggers:
            for row, tags in enumerate(member.predict(products)):
                for tag in tags:
                    if tag.text in at:
                        rows.append(row)
                        columns.append(at[tag.text])
                        values.append(tag.score)
        shape = (len(products), len(self.tags))
        found = sparse.csr_matrix((values, (rows, columns)), shape=shape)
        total = np.maximum(np.asarray(found.sum(1)).ravel(), 1e-12)
        scores = np.round((found + sparse.diags(1 / total) @ found @ self.graph).toarray(), 9)
        frequent = np.asarray(self.graph.sum(0)).ravel()
        out = []
        for row in scores:
            best = np.lexsort((-frequent, -row))[:count]
            out.append([self.tags[i] for i in best])
        return out

    def state(self) -> State:
        """Return what was learned."""
        out: State = {"tags": self.tags, "graph": self.graph}
        for member in self.taggers:
            out[member.name] = member._state()
        return out

    @classmethod
    def restore(cls, state: State) -> Self:
        """Take what `state` gave."""
        made = cls()
        made.tags, made.graph = state["tags"], state["graph"]
        for name in TAGGERS:
            member = create(name)
            member._restore(state[name])
            member.fitted_ = True
            made.taggers.append(member)
        return made
