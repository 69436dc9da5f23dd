"""What the strategies that tag by vectors of photos share: which encoder reads the photos, and their vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tagkit.errors import BadInput
from tagkit.images.encoder import ImageEncoder
from tagkit.images.unread import warn_of_unread
from tagkit.images.vectors import Photos, VectorStore
from tagkit.neural.hardware import Precision
from tagkit.parameters import NonNegativeInt
from tagkit.product import Product

FLAT = 1e-3
"""A feature that varies less than this over train is not made larger by more than its inverse."""


@dataclass(kw_only=True, eq=False, repr=False)
class PhotoOptions:
    """Which encoder reads the photos.

    Args:
        model: The image encoder: a name from `tagkit models list`, a hub id or a folder.
        pixels: The side of the square that a photo is stretched to; 0: that of the encoder's training. A smaller one is
            faster, and suits photos that are small themselves.
        precision: In which the encoder computes: "fp32", "bf16", or "auto": bf16 where the device multiplies it
            in hardware, which is about twice as fast and gives slightly different vectors.
        allow_downloads: Whether photos on the web are downloaded.
    """

    model: str = "efficientnet-lite0"
    pixels: NonNegativeInt = 0
    precision: Precision = "fp32"
    allow_downloads: bool = False

    def load_encoder(self: Any, sha256: str = "") -> ImageEncoder:
        """Return the encoder, and remember its checksum."""
        encoder = ImageEncoder.load(self.model, self.pixels, sha256, self.precision)
        self.sha256_ = encoder.sha256
        return encoder

    def photos(self: Any, products: Sequence[Product]) -> Photos:
        """Return the vectors of the products' photos, and warn once of those that cannot be read."""
        store = VectorStore(self.load_encoder(getattr(self, "sha256_", "")))
        found = store.vectors(products, allow_downloads=self.allow_downloads)
        warn_of_unread(self.name, ((product, found.reasons.get(at, "")) for at, product in enumerate(products)))
        return found

    def learnable(self: Any, train: Sequence[Product]) -> tuple[list[Product], Photos]:
        """Return the training products that have tags and a photo, and the vectors of these.

        Raises:
            BadInput: There is none.
        """
        tagged, found = self.tagged(train)
        rows = np.flatnonzero(found.found)
        return [tagged[row] for row in rows], Photos(found.vectors[rows], found.found[rows])

    def tagged(self: Any, train: Sequence[Product]) -> tuple[list[Product], Photos]:
        """Return the training products that have tags, and the vectors of the photos of those that have one.

        Raises:
            BadInput: None has a tag and a photo.
        """
        self.sha256_ = ""
        tagged = [product for product in train if product.tags]
        found = self.photos(tagged)
        if not found.found.any():
            why = next(iter(found.reasons.values()), "no training product has a tag")
            raise BadInput(f"{self.name} needs tagged products with photos to learn from: {why}")
        return tagged, found


class Scaler:
    """Makes every feature have mean 0 and standard deviation 1 over train.

    Args:
        mean: Shape (size,).
        spread: Shape (size,).
    """

    def __init__(self, mean: Any, spread: Any) -> None:
        self.mean, self.spread = mean, spread

    @classmethod
    def of(cls, vectors: Any) -> Scaler:
        """Return what suits some vectors."""
        return cls(vectors.mean(axis=0), vectors.std(axis=0) + np.float32(FLAT))

    def __call__(self, vectors: Any) -> Any:
        """Return vectors in the new scale."""
        return (vectors - self.mean) / self.spread
