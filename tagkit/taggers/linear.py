"""Linear classifier: one ridge regression per tag over words and character n-grams, calibrated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import Ridge

from tagkit.attribution import pool
from tagkit.cache import FitCache
from tagkit.calibration import platt
from tagkit.errors import BadInput
from tagkit.explanation import Explanation, Share
from tagkit.features import CleaningOptions, TextFeatures, targets
from tagkit.parameters import PositiveFloat, PositiveInt
from tagkit.product import Product, Tags
from tagkit.progress import announced
from tagkit.tagger import Space, State, Tagger, ranked
from tagkit.taggers.dual_ridge import DualRidge, WarmStart

PENALTIES = (0.1, 0.3, 1.0, 3.0)
CLOSED_FORM = 12_000
"""Up to so many training products the solution is exact; its n by n matrix then takes at most 1.2 GB."""
PRUNE = 0.05
"""Weights below this share of a tag's largest weight are set to 0, which makes the model about twenty times smaller."""
CELLS = 40_000_000
"""Of more products times tags the leave-one-out predictions are not kept."""
CALIBRATED = 8_000_000
"""Of more products times tags so many are calibrated on, which takes half a gigabyte."""
WEIGHTS = 4_000_000
"""How many weights are computed at a time."""
REFIT = 2_000
"""Up to so many products it is fitted again to learn more, which takes seconds; beyond, it goes on from its weights."""
BATCH = 512
"""How many products are tagged at a time."""


class Linear(CleaningOptions, Tagger):
    """One ridge regression per tag on TF-IDF of words and character 1- to 3-grams, calibrated.

    Up to 12,000 training products the solution is exact, and the penalty is the one of 0.1, 0.3, 1 and 3 with the
    smallest leave-one-out squared error, which ridge regression gives in closed form; for more products, conjugate
    gradients with penalty 1. Scores are calibrated by Platt scaling, one sigmoid for all tags, on dev; without dev on
    the leave-one-out predictions (for more than 12,000 products on those for train itself); of more than 8 million
    products times tags, on a part of the products.

    Up to 2,000 products it learns more by fitting again. Beyond, or without the old products, it goes on from its
    weights: those of the new products' regression with the smallest change, which words and n-grams that train lacks
    have no part in. Then a corrected product does not replace the old one, but outweighs it.

    Args:
        penalty: The L2 penalty; None: chosen.
        min_count: How often a tag must occur in train.
        limit: How many tags to return at most.

    Attributes:
        held_out_: The leave-one-out predictions before calibration, shape (products, tags); None after a fit on more
            than 12,000 products or 40 million products times tags, and after loading.

    Source: Rifkin and Klautau, In defense of one-vs-all classification (JMLR 2004); Platt, Probabilistic outputs for
    support vector machines (1999).
    """

    name = "linear"
    space: ClassVar[Space] = {
        "penalty": [None, 0.1, 0.3, 1.0, 3.0, 10.0],
        "min_count": (1, 5),
    }

    penalty: PositiveFloat | None = None
    min_count: PositiveInt = 2
    limit: PositiveInt = 20

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        counts = Counter(tag for product in train for tag in set(product.tags))
        self.tags_ = sorted(tag for tag, count in counts.items() if count >= self.min_count)
        if not self.tags_:
            raise BadInput(f"linear: no tag occurs {self.min_count} times in train: lower min_count, or add products")
        self._features = TextFeatures(min_count=min(2, len(train)), skip_cleaning=self.skip_cleaning)
        x = self._features.fit(train, sorted(counts))
        y = targets(train, self.tags_)
        self.bias_ = np.asarray(y.mean(axis=0), dtype=np.float32).ravel()
        blocks: Iterator[NDArray[Any]]
        solution: DualRidge | None = None
        if x.shape[0] <= CLOSED_FORM:
            solution = DualRidge(x, y, self.bias_, [self.penalty] if self.penalty else PENALTIES)
            blocks = (x.T @ solution.duals(columns).astype(np.float32) for columns in _blocks(x, y))
        else:
            blocks = self._conjugate_gradients(x, y)
        sizes = [columns.stop - columns.start for columns in _blocks(x, y)]
        weights = announced(map(_prune, blocks), sizes, f"computing the weights of {y.shape[1]:,} tags")
        self.weights_ = sparse.hstack(list(weights)).tocsr()
        keep = solution is not None and x.shape[0] * y.shape[1] <= CELLS
        self.held_out_ = solution.held_out(np.arange(len(train))) if solution and keep else None
        dev = [product for product in dev if product.tags]
        rows = _evenly(len(dev or train), CALIBRATED // len(self.tags_))
        if solution and not dev:
            raw = self.held_out_[rows] if self.held_out_ is not None else solution.held_out(rows)
        else:
            raw = self._raw([(dev or train)[row] for row in rows])
        self.penalty_, self.size_ = solution.penalty if solution else self.penalty or 1.0, len(train)
        del solution, weights, blocks  # the calibration needs their memory
        self.scale_, self.shift_ = platt(raw, targets(dev, self.tags_)[rows] if dev else y[rows])

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        if old is not None and len(old) + len(more) <= REFIT:
            self._fit([*old, *more], dev, cache)
            return
        counts = Counter(tag for product in more for tag in set(product.tags) - set(self.tags_))
        new = sorted(tag for tag, count in counts.items() if count >= self.min_count)
        x, dev = self.features(more), [product for product in dev if product.tags]
        self.size_ += len(more)
        weights = sparse.hstack([self.weights_, sparse.csr_matrix((x.shape[1], len(new)))]).tocsc()
        bias = np.append(self.bias_, [counts[tag] / self.size_ for tag in new]).astype(np.float32)
        self.tags_, y = [*self.tags_, *new], targets(more, [*self.tags_, *new])
        step = WarmStart(x, y.toarray() - bias - (x @ weights).toarray(), self.penalty_)
        if dev:
            features, gold = self.features(dev), targets(dev, self.tags_)
            raw = step.choose(features, (features @ weights).toarray() + bias, gold.toarray())
            self.scale_, self.shift_ = platt(raw, gold)
        blocks = (weights[:, columns] + x.T @ step.duals[:, columns] for columns in _blocks(x, y))
        self.weights_ = sparse.hstack([_prune(block.astype(np.float32)) for block in blocks]).tocsr()
        self.bias_, self.held_out_ = bias, None

    def _conjugate_gradients(self, x: sparse.csr_matrix, y: sparse.csr_matrix) -> Iterator[NDArray[np.float32]]:
        """Yield the weights of blocks of tags, each of shape (d, tags of the block)."""
        for columns in _blocks(x, y):
            model = Ridge(self.penalty or 1.0, fit_intercept=False, solver="sparse_cg")
            model.fit(x, y[:, columns].toarray() - self.bias_[columns])
            yield model.coef_.reshape(-1, x.shape[1]).T.astype(np.float32)

    def features(self, products: Sequence[Product]) -> sparse.csr_matrix:
        """Return the features of products, shape (products, d)."""
        return self._features.transform(products)

    def raw(self, features: sparse.csr_matrix) -> NDArray[Any]:
        """Return the scores of all tags before calibration, shape (products, tags)."""
        return (features @ self.weights_).toarray() + self.bias_

    def _raw(self, products: Sequence[Product]) -> NDArray[Any]:
        return self.raw(self.features(products))

    def _tag(self, products: Sequence[Product]) -> Tags:
        rows = []
        for start in range(0, len(products), BATCH):
            for row in self._raw(products[start : start + BATCH]):
                best = np.argpartition(-row, self.limit)[: self.limit] if len(row) > self.limit else range(len(row))
                scores = np.round(expit(self.scale_ * row[best] + self.shift_), 6)
                rows.append(ranked(((self.tags_[i], s) for i, s in zip(best, scores, strict=True) if s), self.name))
        return rows

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        if tag not in self.tags_:
            return [0.0] * len(products)
        at = self.tags_.index(tag)
        raw = (self.features(products) @ self.weights_[:, [at]]).toarray().ravel() + self.bias_[at]
        return np.round(expit(self.scale_ * raw + self.shift_), 6).tolist()

    def _explain(self, product: Product, tag: str) -> Explanation:
        made = Explanation(product.text, tag, float(self._score_of([product], tag)[0]), False, self.name, "weights")
        if tag not in self.tags_:
            return made
        at = self.tags_.index(tag)
        x = self.features([product])
        added = x.toarray().ravel() * self.weights_[:, [at]].toarray().ravel()
        places = self._features.places(product)
        pieces = [
            (*place, float(added[column]) / len(places[column]))
            for column in np.flatnonzero(added).tolist()
            for place in places.get(column, ())
        ]
        words, _ = pool(product, pieces)
        in_words, whole = sum(word.weight for word in words), float(added.sum())
        shares = (
            Share("words", in_words, "the sum of their weights"),
            Share("beside words", whole - in_words, "character n-grams that touch no word"),
            Share("tag", float(self.bias_[at]), "how frequent it is in train"),
        )
        decision = whole + float(self.bias_[at])
        note = f"what they add to the decision score {decision:.4f}, of which calibration makes the score"
        return replace(made, words=words, shares=shares, facts={"decision score": decision, "weights": note})

    def _state(self) -> State:
        return {
            "features": self._features.state(),
            "tags": self.tags_,
            "weights": self.weights_,
            "bias": self.bias_,
            "scale": self.scale_,
            "shift": self.shift_,
            "penalty": self.penalty_,
            "size": self.size_,
        }

    def _restore(self, state: State) -> None:
        self._features = TextFeatures(skip_cleaning=self.skip_cleaning)
        self._features.restore(state["features"])
        self.weights_, self.bias_ = state["weights"], state["bias"]
        self.scale_, self.shift_, self.tags_ = state["scale"], state["shift"], state["tags"]
        self.penalty_, self.size_ = state["penalty"], state["size"]
        self.held_out_ = None


def _blocks(x: sparse.csr_matrix, y: sparse.csr_matrix) -> Iterator[slice]:
    """Yield the columns of blocks of tags that are solved for at a time."""
    size = max(1, WEIGHTS // x.shape[1])
    for start in range(0, y.shape[1], size):
        yield slice(start, min(start + size, y.shape[1]))


def _evenly(count: int, most: int) -> NDArray[np.int64]:
    """Return the positions of all of so many items, or of at most (but one) `most` of them, evenly spread."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, max(1, most)).astype(np.int64)


def _prune(weights: NDArray[Any]) -> sparse.csc_matrix:
    """Set the weights below a share of each column's largest to 0."""
    size = np.abs(weights)
    return sparse.csc_matrix(np.where(size < PRUNE * size.max(axis=0), np.float32(0), weights))
