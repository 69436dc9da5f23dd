"""What the strategies that score every tag by the vector of a photo share: calibration, lists, explanations, state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

from tagkit.calibration import platt
from tagkit.errors import BadInput
from tagkit.explanation import Explanation, Share
from tagkit.features import targets
from tagkit.images.options import PhotoOptions, Scaler
from tagkit.parameters import PositiveInt
from tagkit.product import Product, Tags
from tagkit.tagger import State, Tagger, ranked

Floats = NDArray[np.float32]


class PhotoScorer(PhotoOptions, Tagger):
    """Base of the strategies that learn a function from the vector of a photo to the scores of all tags.

    A subclass writes `raw`. Scores are calibrated by Platt scaling, one sigmoid for all tags.

    Args:
        min_count: How often a tag must occur in train.
        limit: How many tags to give at most.
    """

    reads_photos = True

    min_count: PositiveInt = 2
    limit: PositiveInt = 20

    def raw(self, x: Floats) -> Floats:
        """Return the scores of all tags before calibration, shape (photos, tags).

        Args:
            x: The vectors in the scale of train, shape (photos, size).
        """
        raise NotImplementedError

    def examples(self, train: Sequence[Product]) -> tuple[Floats, Floats]:
        """Choose the tags and the scale.

        Returns:
            The vectors of the training products with tags and photos, in the new scale, shape (n, size), and which
            product has which tag, ones and zeros, shape (n, tags).

        Raises:
            BadInput: There is none, or no tag occurs often enough.
        """
        products, photos = self.learnable(train)
        y = self.choose_tags(products)
        self._scaler = Scaler.of(photos.vectors)
        return self._scaler(photos.vectors), y

    def choose_tags(self, products: Sequence[Product]) -> Floats:
        """Choose the tags, and return which product has which one, ones and zeros, shape (n, tags).

        Raises:
            BadInput: No tag occurs often enough.
        """
        counts = Counter(tag for product in products for tag in set(product.tags))
        self.tags_ = sorted(tag for tag, count in counts.items() if count >= self.min_count)
        if not self.tags_:
            raise BadInput(f"{self.name}: no tag occurs {self.min_count} times in train: lower min_count")
        y: Floats = targets(products, self.tags_).toarray().astype(np.float32)
        return y

    def with_photos(self, products: Sequence[Product]) -> tuple[list[Product], Floats]:
        """Return the products that have tags and a photo, and their vectors in the scale of train."""
        tagged = [product for product in products if product.tags]
        photos = self.photos(tagged)
        rows = np.flatnonzero(photos.found)
        if not len(rows):
            return [], np.zeros((0, len(self._scaler.mean)), dtype=np.float32)
        return [tagged[row] for row in rows], self._scaler(photos.vectors[rows])

    def calibrate(self, raw: Floats, gold: Floats) -> None:
        """Choose the sigmoid, from scores of products that were not learned from."""
        self.scale_, self.shift_ = platt(raw, sparse.csr_matrix(gold))

    def _raw(self, products: Sequence[Product]) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the scores before calibration, zeros for a product without a photo, and which products have one."""
        photos = self.photos(products)
        out = np.zeros((len(products), len(self.tags_)), dtype=np.float32)
        if photos.found.any():
            out[photos.found] = self.raw(self._scaler(photos.vectors[photos.found]))
        return out, photos.found

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
        constant = float(self.raw(np.zeros((1, len(self._scaler.mean)), dtype=np.float32))[0, at])
        photo = Share("photo", float(raw[0, at]) - constant, "what is otherwise than on the mean of all photos")
        shares = (photo, Share("tag", constant, "the score of the mean of all photos"))
        return replace(made, shares=shares, facts={"decision score": float(raw[0, at])})

    def _state(self) -> State:
        state: State = {"sha256": self.sha256_, "tags": self.tags_, "scale": self.scale_, "shift": self.shift_}
        return state | {"mean": self._scaler.mean, "spread": self._scaler.spread}

    def _restore(self, state: State) -> None:
        self.sha256_, self.tags_ = state["sha256"], state["tags"]
        self._scaler = Scaler(state["mean"], state["spread"])
        self.scale_, self.shift_ = state["scale"], state["shift"]
        self.load_encoder(self.sha256_)
