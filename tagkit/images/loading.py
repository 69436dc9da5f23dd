"""Decode photos: any common format and colour mode becomes an upright RGB picture, or one clear reason why not."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import numpy as np

from tagkit.errors import reason
from tagkit.images.sources import BadPhoto, content_hash, read, shown
from tagkit.process_wide import process_wide
from tagkit.product import Product
from tagkit.registry import missing_extra

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["BadPhoto", "content_hash", "load", "load_all", "load_first", "read"]
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF", "TIFF")
"""What is decoded. Pillow knows others, some of which start programs (EPS) or are hardly tested."""
MOST_PIXELS = 50_000_000
"""A larger photo is refused before it is decoded: a few bytes can state any size (a decompression bomb)."""


def load(source: str | bytes, *, at_least: int = 0, allow_downloads: bool = False) -> Image:
    """Return a photo as an upright RGB picture.

    It is turned as its EXIF data say. Of an animation it is the first frame; transparent parts become white; CMYK,
    palettes and grey of 16 or 32 bits become RGB of 8 bits.

    Args:
        source: The photo, see `tagkit.images.sources.read`.
        at_least: A JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, which is faster, as long as its shorter side has
            at least so many pixels; 0: at full size.
        allow_downloads: Whether addresses on the web are asked.

    Raises:
        BadPhoto: It is missing, broken, truncated or too large; the message is one sentence that names it.
        MissingExtra: Pillow is not installed.
    """
    content = read(source, allow_downloads=allow_downloads)
    try:
        from PIL import Image as Pillow
    except ModuleNotFoundError as error:
        raise missing_extra(error, "reading photos") from error
    try:
        with _without_warnings():
            Pillow.init()
            known = [name for name in FORMATS if name in Pillow.OPEN]  # AVIF is not in every build
            with Pillow.open(io.BytesIO(content), formats=known) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    raise Pillow.DecompressionBombError(f"{width:,} x {height:,}")
                if at_least and image.format == "JPEG":
                    short = max(1, min(width, height))
                    image.draft("RGB", (-(-width * at_least // short), -(-height * at_least // short)))
                image.load()
                return _rgb(_upright(image))
    except Pillow.DecompressionBombError as error:
        limit = f"more than {MOST_PIXELS // 1_000_000} million pixels"
        raise BadPhoto(f"the photo {shown(source)} has {limit} and is not decoded") from error
    except Pillow.UnidentifiedImageError as error:
        raise BadPhoto(f"the photo {shown(source)} is damaged, or none of {', '.join(known)}") from error
    except MemoryError as error:
        raise BadPhoto(f"the photo {shown(source)} does not fit into memory") from error
    except Exception as error:  # damage shows itself in a dozen ways, and one photo must not stop all others
        raise BadPhoto(f"the photo {shown(source)} is damaged: {reason(error)}") from error


def load_first(product: Product, *, at_least: int = 0, allow_downloads: bool = False) -> Image:
    """Return the first photo of a product that can be read.

    Raises:
        BadPhoto: It has none; the message is the reason for the first of them.
    """
    first: BadPhoto | None = None
    for image in product.images:
        try:
            return load(image, at_least=at_least, allow_downloads=allow_downloads)
        except BadPhoto as error:
            first = first or error
    raise first or BadPhoto("the product has no photo")


def load_all(
    products: Iterable[Product], *, at_least: int = 0, allow_downloads: bool = False
) -> Iterator[Image | BadPhoto]:
    """Yield for each product its first photo that can be read, or the reason why there is none; one at a time."""
    for product in products:
        try:
            yield load_first(product, at_least=at_least, allow_downloads=allow_downloads)
        except BadPhoto as error:
            yield error


@process_wide
@contextmanager
def _without_warnings() -> Iterator[None]:
    """Silence Pillow's own warnings of bombs, odd EXIF data and odd palettes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _upright(image: Image) -> Image:
    """Turn an image as its EXIF data say; where those are damaged, it stays as it is."""
    from PIL import ImageOps

    with suppress(ValueError, TypeError, KeyError, OSError, SyntaxError, struct.error, IndexError, AttributeError):
        return ImageOps.exif_transpose(image)
    return image


def _rgb(image: Image) -> Image:
    """Return an image as RGB; what is transparent becomes white."""
    from PIL import Image as Pillow

    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Pillow.new("RGBA", image.size, "white")
        return Pillow.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image) -> Image:
    """Return grey of 16 or 32 bits as grey of 8; numbers beyond 16 bits, and fractions, from their least to largest."""
    from PIL import Image as Pillow

    grey = np.nan_to_num(np.asarray(image).astype(np.float64))
    low, high = float(grey.min()), float(grey.max())
    if image.mode != "F" and low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    return Pillow.fromarray(np.round((grey - low) * (255 / max(high - low, 1e-9))).astype(np.uint8))
