"""Linear classifier over photos: one ridge regression per tag on the vectors of a pre-trained image encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.features import targets
from tagkit.parameters import PositiveFloat
from tagkit.product import Product
from tagkit.tagger import Space, State
from tagkit.taggers.photo_scorer import PhotoScorer

Floats = NDArray[np.float32]
PENALTIES = (10.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)
"""What is tried; features have the standard deviation 1."""


class ImageLinear(PhotoScorer):
    """One ridge regression per tag on the vector of a product's photo, calibrated.

    The vector is that of a pre-trained encoder, which is not trained, and a histogram of colours. The penalty is the
    one of six with the smallest leave-one-out squared error, which ridge regression gives in closed form. Scores are
    calibrated by Platt scaling, one sigmoid for all tags, on dev; without dev on the leave-one-out predictions. A
    product without a readable photo gets no tags.

    Args:
        penalty: The L2 penalty; None: chosen.

    Source: Rifkin and Klautau, In defense of one-vs-all classification (JMLR 2004); frozen features: Sharif Razavian et
    al., CNN features off-the-shelf (CVPR workshops 2014).
    """

    name = "image_linear"
    reads_photos = True
    space: ClassVar[Space] = {"penalty": [None, *PENALTIES], "min_count": (1, 5)}

    penalty: PositiveFloat | None = None

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        x, y = self.examples(train)
        self.bias_ = y.mean(axis=0)
        penalties = [self.penalty] if self.penalty else PENALTIES
        self.weights_, self.penalty_, held_out = ridge(x, y - self.bias_, penalties)
        products, vectors = self.with_photos(dev)
        if products:
            self.calibrate(self.raw(vectors), targets(products, self.tags_).toarray())
        else:
            self.calibrate(held_out + self.bias_, y)

    def raw(self, x: Floats) -> Floats:
        """Return the scores of all tags before calibration, shape (photos, tags)."""
        # In 64 bits, so that rounding does not depend on how many photos are scored together.
        found: Floats = (x.astype(np.float64) @ self.weights_.astype(np.float64) + self.bias_).astype(np.float32)
        return found

    def _state(self) -> State:
        return super()._state() | {"weights": self.weights_, "bias": self.bias_, "penalty": self.penalty_}

    def _restore(self, state: State) -> None:
        super()._restore(state)
        self.weights_, self.bias_, self.penalty_ = state["weights"], state["bias"], state["penalty"]


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
