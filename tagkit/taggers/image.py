"""Image: a small network on the vectors of a pre-trained image encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.calibration import held_out
from tagkit.features import targets
from tagkit.images.encoder import ImageEncoder
from tagkit.images.fine_tuning import Arrays, fine_tune, squares_of
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.neural.head import HeadOptions, head_logits
from tagkit.parameters import NonNegativeInt, PositiveInt
from tagkit.product import Product
from tagkit.tagger import Space, State
from tagkit.taggers.photo_scorer import PhotoScorer

Floats = NDArray[np.float32]


class ImageHead(HeadOptions, PhotoScorer):
    """A network with one hidden layer on the vector of a product's photo, calibrated.

    The vector is that of a pre-trained encoder, so that each photo is read only once, and a histogram of colours. The
    encoder is not trained itself; with `unfrozen`, its last blocks are trained on the tags before, end to end from the
    photos. The network is trained with a binary cross-entropy for each tag; its scores are calibrated by Platt scaling,
    one sigmoid for all tags, on dev; without dev on a tenth of train, which is not learned from. A product without a
    readable photo gets no tags.

    Args:
        unfrozen: How many of the last blocks of the encoder are trained; 0: none.
        tuning_epochs: Passes over train in which they are trained.

    Source: transfer learning by a new head: Yosinski et al., How transferable are features in deep neural networks?
    (NeurIPS 2014); dropout: Srivastava et al. (JMLR 2014).
    """

    name = "image"
    reads_photos = True
    space: ClassVar[Space] = {"learning_rate": (3e-4, 3e-3, "log"), "dropout": (0.1, 0.6), "epochs": (5, 30)}

    unfrozen: NonNegativeInt = 0
    tuning_epochs: PositiveInt = 4

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self._tuned: ImageEncoder | None = None
        self.tuned_: Arrays = self._fine_tuned(train, dev) if self.unfrozen else {}
        x, y = self.examples(train)
        products, vectors = self.with_photos(dev)
        gold = targets(products, self.tags_).toarray()
        if not products and (own := held_out(len(x))).any():
            vectors, gold, x, y = x[own], y[own], x[~own], y[~own]
        self.layers_ = self.train_head(x, y)
        self.calibrate(self.raw(vectors), gold)

    def _fine_tuned(self, train: Sequence[Product], dev: Sequence[Product]) -> Arrays:
        """Return the weights of the last blocks, trained on the tags."""
        self.tuned_ = {}
        products = [product for product in train if product.tags]
        encoder = self.load_encoder()
        with squares_of(encoder, products, allow_downloads=self.allow_downloads) as (squares, found):
            rows = np.flatnonzero(found)
            if not len(rows):
                return {}
            gold = self.choose_tags([products[row] for row in rows])
            return fine_tune(
                encoder,
                squares,
                rows,
                gold,
                unfrozen=self.unfrozen,
                epochs=self.tuning_epochs,
                seed=self.seed,
                checkpoint=checkpoint_file(self.name, self.get_params(), train, dev),
            )

    def load_encoder(self, sha256: str = "") -> ImageEncoder:
        """Return the encoder, with the weights that were trained, and remember its checksum."""
        encoder = super().load_encoder(sha256)
        if not getattr(self, "tuned_", None):
            return encoder
        if self._tuned is None:
            self._tuned = encoder.with_weights(self.tuned_)
        return self._tuned

    def raw(self, x: Floats) -> Floats:
        """Return the logits of all tags, shape (photos, tags)."""
        return head_logits(self.layers_, x)

    def _state(self) -> State:
        return super()._state() | {"layers": self.layers_, "tuned": self.tuned_}

    def _restore(self, state: State) -> None:
        self.tuned_, self._tuned = state["tuned"], None
        super()._restore(state)
        self.layers_ = state["layers"]
