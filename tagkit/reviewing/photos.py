"""Photos of products: read from this machine, or named for a browser that may load them if the user allows it."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tagkit.errors import BadInput, reason
from tagkit.product import Product

LARGEST = 20_000_000
"""A larger photo, in bytes, is not shown."""
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)


def described(product: Product) -> dict[str, Any] | None:
    """Return where the first photo of a product is, for the browser; None where it has none that can be shown.

    Returns:
        `{}` for one that `read` reads; `address` and `host` for one on the web, which nobody loads unasked.
    """
    for image in product.images:
        if image.lower().startswith("data:") or _is_path(image):
            return {}
        try:
            parts = urlsplit(image)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and parts.hostname:
            return {"address": image, "host": parts.hostname}
    return None


def read(product: Product) -> tuple[str, bytes]:
    """Return the media type and the bytes of a product's first photo, which is a file or a data address.

    The media type follows from the bytes, so that nothing but a photo is ever sent to the browser.

    Raises:
        BadInput: There is no such photo, or it cannot be read, is no photo, or is too large.
    """
    for image in product.images:
        if image.lower().startswith("data:"):
            return _checked(_decoded(image), "the data address")
        if _is_path(image):
            try:
                with Path(image).open("rb") as file:
                    return _checked(file.read(LARGEST + 1), image)
            except (OSError, ValueError) as error:
                raise BadInput(f"the photo {image} cannot be read: {reason(error)}") from error
    raise BadInput(f"product {product.id!r} has no photo on this machine")


def _is_path(image: str) -> bool:
    """Say whether an image is a file of this machine; paths of other machines (`//host/...`) are not read."""
    return "://" not in image and not image.startswith(("//", "\\\\"))


def _decoded(address: str) -> bytes:
    head, _, body = address.partition(",")
    if not head.lower().endswith(";base64"):
        raise BadInput("a photo in a data address must be in base64")
    try:
        return base64.b64decode(body[: LARGEST * 4 // 3 + 8], validate=True)
    except binascii.Error as error:
        raise BadInput(f"the photo in the data address is damaged: {error}") from error


def _checked(content: bytes, name: str) -> tuple[str, bytes]:
    if len(content) > LARGEST:
        raise BadInput(f"the photo {name} is larger than {LARGEST // 1_000_000} MB")
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind, content
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", content
    if content[4:12] == b"ftypavif":
        return "image/avif", content
    raise BadInput(f"the photo {name} is no PNG, JPEG, GIF, BMP, WebP or AVIF image")
