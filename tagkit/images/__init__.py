"""Photos: read (`sources`), decoded (`loading`), turned into vectors (`encoder`, `vectors`), colours, text (`ocr`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tagkit.product import Product


def picture(product: Product) -> str:
    """Return a small copy of a product's photo as HTML; see `tagkit.images.thumbnails.picture`."""
    from tagkit.images.thumbnails import picture

    return picture(product)
