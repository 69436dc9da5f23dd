"""Photos of products: read from this machine, or named for a browser that may load them if the user allows it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tagkit.errors import BadInput
from tagkit.images import sources
from tagkit.product import Product

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
        if sources.is_here(image):
            return {}
        try:
            parts = urlsplit(image)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and parts.hostname:
            return {"address": image, "host": parts.hostname}
    return None


def read(product: Product) -> tuple[str, bytes]:
    """Return the media type and the bytes of a product's first photo on this machine.

    The media type follows from the bytes, so that nothing but a photo is ever sent to the browser.

    Raises:
        BadInput: There is no such photo, or it cannot be read, is no photo, or is too large.
    """
    for image in product.images:
        if sources.is_here(image):
            return _checked(sources.read(image), sources.shown(image))
    raise BadInput(f"product {product.id!r} has no photo on this machine")


def _checked(content: bytes, name: str) -> tuple[str, bytes]:
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind, content
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", content
    if content[4:12] == b"ftypavif":
        return "image/avif", content
    raise BadInput(f"the photo {name} is no PNG, JPEG, GIF, BMP, WebP or AVIF image")
