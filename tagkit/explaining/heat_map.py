"""Which parts of a photo count for a tag: the score with each part hidden, for any strategy that reads photos.

Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (ECCV 2014).
"""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tagkit.explanation import HeatMap
from tagkit.images.loading import BadPhoto, load_first
from tagkit.images.thumbnails import address_of
from tagkit.product import Product
from tagkit.tagger import Tagger

if TYPE_CHECKING:
    from PIL.Image import Image

CELLS, HIDDEN = 8, 2
"""The photo has so many rows and columns of cells, and squares of so many by so many cells are hidden in turn."""
SIDE = 288
"""The photo is reduced to at most so many pixels on the longer side, which the usual encoders see."""


def heat_map(tagger: Tagger, product: Product, tag: str) -> HeatMap | None:
    """Return by how much the score of a tag falls when parts of the product's photo are hidden.

    What is hidden gets the colour of the photo's border, as if there was background only. The weight of a cell is the
    mean over the hidden squares that contain it.

    Args:
        tagger: A fitted strategy that reads photos.
        product: The product.
        tag: The tag, given or not.

    Returns:
        The map; None where no photo of the product can be read.
    """
    try:
        photo = load_first(product, at_least=SIDE)
    except BadPhoto:
        return None
    photo.thumbnail((SIDE, SIDE))
    pixels = np.asarray(photo)
    corners = [(y, x) for y in range(CELLS - HIDDEN + 1) for x in range(CELLS - HIDDEN + 1)]
    variants = [pixels, *(without_square(pixels, *corner) for corner in corners)]
    whole, *others = tagger.score_of([replace(product, images=(_png(one),)) for one in variants], tag)
    sums, counts = np.zeros((CELLS, CELLS)), np.zeros((CELLS, CELLS))
    for (y, x), score in zip(corners, others, strict=True):
        sums[y : y + HIDDEN, x : x + HIDDEN] += whole - score
        counts[y : y + HIDDEN, x : x + HIDDEN] += 1
    weights = np.round(sums / counts, 6)
    return HeatMap(address_of(photo, SIDE), tuple(map(tuple, weights.tolist())))


def without_square(pixels: NDArray[np.uint8], y: int, x: int) -> NDArray[np.uint8]:
    """Return a photo in which a square of cells has the colour of the border; y and x are its first cell."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    height, width = pixels.shape[:2]
    top, bottom, left, right = (
        size * at // CELLS for size, at in ((height, y), (height, y + HIDDEN), (width, x), (width, x + HIDDEN))
    )
    hidden = pixels.copy()
    hidden[top:bottom, left:right] = np.median(border, axis=0)
    return hidden


def _png(pixels: NDArray[np.uint8]) -> str:
    """Return pixels as a data address that loses nothing."""
    from PIL import Image as pillow  # noqa: N813

    image: Image = pillow.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
