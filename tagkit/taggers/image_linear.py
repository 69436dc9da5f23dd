"""Linear classifier over photos: one ridge regression per tag on the vectors of a pre-trained image encoder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tagkit.cache import FitCache
from tagkit.calibration import platt
from tagkit.errors import BadInput
from tagkit.explanation import Explanation, Share
from tagkit.features import targets
from tagkit.images.options import PhotoOptions, Scaler
from tagkit.parameters import PositiveFloat, PositiveInt
from tagkit.product import Product, Tags
from tagkit.tagger import Space, State, Tagger, ranked

Floats = NDArray[np.float32]
PENALTIES = (10.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)
"""What is tried; features have the standard deviation 1."""


class ImageLinear(PhotoOptions, Tagger):
    """One ridge regression per tag on the vector of a product's photo, calibrated.

    The vector is that of a pre-trained encoder, which is not trained, and a histogram of colours. The penalty is the
    one of six with the smallest leave-one-out squared error, which ridge regression gives in closed form. Scores are
    calibrated by Platt scaling, one sigmoid for all tags, on dev; without dev on the leave-one-out predictions. A
    product without a readable photo gets no tags.

    Args:
        penalty: The L2 penalty; None: chosen.
        min_count: How often a tag must occur in train.
        limit: How many tags to give at most.

    Source: Rifkin and Klautau, In defense of one-vs-all classification (JMLR 2004); frozen features: Sharif Razavian et
    al., CNN features off-the-shelf (CVPR workshops 2014).
    """

    name = "image_linear"
    reads_photos = True
    space: ClassVar[Space] = {"penalty": [None, *PENALTIES], "min_count": (1, 5)}

    penalty: PositiveFloat | None = None
    min_count: PositiveInt = 2
    limit: PositiveInt = 20

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        products, photos = self.learnable(train)
        counts = Counter(tag for product in products for tag in set(product.tags))
        self.tags_ = sorted(tag for tag, count in counts.items() if count >= self.min_count)
        if not self.tags_:
            raise BadInput(f"{self.name}: no tag occurs {self.min_count} times in train: lower min_count")
        gold = targets(products, self.tags_)
        self._scaler = Scaler.of(photos.vectors)
        self.bias_ = np.asarray(gold.mean(axis=0), dtype=np.float32).ravel()
        y = gold.toarray().astype(np.float32) - self.bias_
        penalties = [self.penalty] if self.penalty else PENALTIES
        self.weights_, self.penalty_, held_out = ridge(self._scaler(photos.vectors), y, penalties)
        held_out += self.bias_
        tagged = [product for product in dev if product.tags]
        seen = self.photos(tagged).found if tagged else np.zeros(0, dtype=bool)
        rows = [product for product, is_seen in zip(tagged, seen, strict=True) if is_seen]
        raw = self._raw(rows)[0] if rows else held_out
        self.scale_, self.shift_ = platt(raw, targets(rows, self.tags_) if rows else gold)

    def _raw(self, products: Sequence[Product]) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the scores of all tags before calibration, shape (products, tags), and which products have a photo."""
        photos = self.photos(products)
        if not photos.found.any():
            return np.zeros((len(products), len(self.tags_)), dtype=np.float32), photos.found
        return self._scaler(photos.vectors) @ self.weights_ + self.bias_, photos.found

    def _scores(self, products: Sequence[Product]) -> NDArray[np.float64]:
        """Return the scores of all tags, shape (products, tags); zeros for a product without a photo."""
        raw, found = self._raw(products)
        scores: NDArray[np.float64] = np.round(expit(self.scale_ * raw.astype(np.float64) + self.shift_), 6)
        return np.where(found[:, None], scores, 0.0)

    def _tag(self, products: Sequence[Product]) -> Tags:
        rows = []
        for row in self._scores(products):
            best = np.argsort(-row, kind="stable")[: self.limit]
            rows.append(ranked(((self.tags_[at], row[at]) for at in best if row[at]), self.name))
        return rows

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        if tag not in self.tags_:
            return [0.0] * len(products)
        scores: list[float] = self._scores(products)[:, self.tags_.index(tag)].tolist()
        return scores

    def _explain(self, product: Product, tag: str) -> Explanation:
        made = Explanation(product.text, tag, float(self._score_of([product], tag)[0]), False, self.name, "weights")
        raw, found = self._raw([product])
        if not found[0]:
            return replace(made, facts={"photo": "there is none that can be read"})
        if tag not in self.tags_:
            return made
        at = self.tags_.index(tag)
        constant = float(self.bias_[at])
        photo = Share("photo", float(raw[0, at]) - constant, "the vector of the photo times the weights")
        shares = (photo, Share("tag", constant, "how frequent it is in train"))
        return replace(made, shares=shares, facts={"decision score": float(raw[0, at])})

    def _state(self) -> State:
        state: State = {"sha256": self.sha256_, "tags": self.tags_, "weights": self.weights_, "bias": self.bias_}
        state |= {"mean": self._scaler.mean, "spread": self._scaler.spread, "penalty": self.penalty_}
        return state | {"scale": self.scale_, "shift": self.shift_}

    def _restore(self, state: State) -> None:
        self.sha256_, self.tags_ = state["sha256"], state["tags"]
        self.weights_, self.bias_, self.penalty_ = state["weights"], state["bias"], state["penalty"]
        self._scaler = Scaler(state["mean"], state["spread"])
        self.scale_, self.shift_ = state["scale"], state["shift"]
        self.load_encoder(self.sha256_)


def ridge(x: Floats, y: Floats, penalties: Sequence[float]) -> tuple[Floats, float, Floats]:
    """Return the weights of the ridge regression with the smallest leave-one-out squared error.

    Args:
        x: Features with mean 0, shape (n, size).
        y: Targets with mean 0, shape (n, tags).
        penalties: The penalties to choose from.

    Returns:
        The weights, shape (size, tags); the penalty; and what is predicted for each row by a regression on all others,
        shape (n, tags).

    Source: Rifkin and Lippert, Notes on Regularized Least Squares (MIT 2007).
    """
    values, vectors = np.linalg.eigh((x.T @ x).astype(np.float64))
    rotated = (x @ vectors.astype(np.float32)).astype(np.float32)
    answers = rotated.T @ y
    best: tuple[float, float, Floats] | None = None
    for penalty in penalties:
        shrunk = (1 / (np.maximum(values, 0) + penalty)).astype(np.float32)
        # The mean, which was taken out, counts as one more feature in the leverage.
        leverage = np.square(rotated) @ shrunk + np.float32(1 / len(x))
        held_out = y - (y - rotated @ (shrunk[:, None] * answers)) / np.maximum(1 - leverage, 1e-3)[:, None]
        error = float(np.square(held_out - y).sum(dtype=np.float64))
        if best is None or error < best[0]:
            best = error, penalty, held_out
    assert best is not None
    _, penalty, held_out = best
    weights = vectors @ ((1 / (np.maximum(values, 0) + penalty))[:, None] * answers)
    return weights.astype(np.float32), penalty, held_out
