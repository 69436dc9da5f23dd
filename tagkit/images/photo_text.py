"""The text in the photos of products, as one more field of theirs that every strategy reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tagkit.images.loading import BadPhoto, content_hash, load
from tagkit.images.ocr import Line, joined, read_lines, stored_lines
from tagkit.images.unread import warn_of_unread
from tagkit.product import Product
from tagkit.progress import announced


def lines_in(product: Product) -> tuple[list[Line], str]:
    """Return the lines of text in a product's first photo that can be read, or nothing and the reason why."""
    first = ""
    for image in product.images:
        try:
            digest = content_hash(image)
            known = stored_lines(digest)
            return (read_lines(load(image), digest) if known is None else known), ""
        except BadPhoto as error:
            first = first or str(error)
    return [], first or "the product has no photo"


def with_photo_text(products: Sequence[Product], name: str = "ocr") -> list[Product]:
    """Return products whose descriptions end with the text in their photos; those without any stay as they are.

    What stands in the title and description keeps its place in `Product.text`, so that spans hold.

    Args:
        products: The products.
        name: What says in a warning how many photos could not be read.
    """
    out, reasons = [], []
    found = announced(map(lines_in, products), [1 if product.images else 0 for product in products], "Reading photos")
    for product, (lines, why) in zip(products, found, strict=True):
        reasons.append((product, why))
        text = joined(lines)
        both = f"{product.description}\n{text}" if product.description else text
        out.append(replace(product, description=both) if text else product)
    warn_of_unread(name, reasons)
    return out
