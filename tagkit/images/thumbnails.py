"""Small copies of photos inside of a page, so that the page needs no other file and loads nothing."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from tagkit import cards
from tagkit.errors import MissingExtra
from tagkit.images.loading import BadPhoto, load_first
from tagkit.product import Product

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 160
"""The longer side of a thumbnail, in pixels, unless another one is asked for."""
QUALITY = 80
"""The quality of its JPEG."""


def address_of(photo: Image, side: int = SIDE) -> str:
    """Return a small copy of an image in RGB as a data address.

    Args:
        photo: The image; it stays as it is.
        side: Its longer side, in pixels; a smaller image is not enlarged.
    """
    small = photo.copy()
    small.thumbnail((side, side))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def thumbnail(product: Product, side: int = SIDE) -> tuple[str, str]:
    """Return a small copy of a product's first photo that can be read.

    Nothing is downloaded for it.

    Args:
        product: The product.
        side: The longer side of the copy, in pixels.

    Returns:
        Its data address, "" where there is none, and the reason for that, which is "" for a product without a photo.
    """
    if not product.images:
        return "", ""
    try:
        return address_of(load_first(product, at_least=side), side), ""
    except (BadPhoto, MissingExtra) as error:
        return "", str(error)


def picture(product: Product) -> str:
    """Return a small copy of a product's photo as HTML, or why it cannot be shown; nothing without a photo."""
    address, why = thumbnail(product)
    return cards.picture(address, product.title) or cards.small(why)
