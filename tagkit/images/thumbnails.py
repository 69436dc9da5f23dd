"""Small copies of photos inside of a page, so that the page needs no other file and loads nothing."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

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
