"""Image: a small network on the vectors of a pre-trained image encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.features import targets
from tagkit.neural.head import HeadOptions, head_logits
from tagkit.product import Product
from tagkit.tagger import Space, State
from tagkit.taggers.photo_scorer import PhotoScorer

Floats = NDArray[np.float32]
HELD_OUT = 10
"""Without dev, every tenth training product is held out to calibrate on."""


class ImageHead(HeadOptions, PhotoScorer):
    """A network with one hidden layer on the vector of a product's photo, calibrated.

    The vector is that of a pre-trained encoder, which is not trained itself, so that each photo is read only once, and
    a histogram of colours. The network is trained with a binary cross-entropy for each tag; its scores are calibrated
    by Platt scaling, one sigmoid for all tags, on dev; without dev on a tenth of train, which is not learned from. A
    product without a readable photo gets no tags.

    Source: transfer learning by a new head: Yosinski et al., How transferable are features in deep neural networks?
    (NeurIPS 2014); dropout: Srivastava et al. (JMLR 2014).
    """

    name = "image"
    reads_photos = True
    space: ClassVar[Space] = {"learning_rate": (3e-4, 3e-3, "log"), "dropout": (0.1, 0.6), "epochs": (5, 30)}

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        x, y = self.examples(train)
        products, vectors = self.with_photos(dev)
        gold = targets(products, self.tags_).toarray()
        if not products and len(x) > 1:
            kept = np.arange(len(x)) % HELD_OUT > 0
            vectors, gold, x, y = x[~kept], y[~kept], x[kept], y[kept]
        self.layers_ = self.train_head(x, y)
        self.calibrate(self.raw(vectors), gold)

    def raw(self, x: Floats) -> Floats:
        """Return the logits of all tags, shape (photos, tags)."""
        return head_logits(self.layers_, x)

    def _state(self) -> State:
        return super()._state() | {"layers": self.layers_}

    def _restore(self, state: State) -> None:
        super()._restore(state)
        self.layers_ = state["layers"]
