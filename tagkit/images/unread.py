"""Say which photos could not be read; a product without one is nothing to speak of."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from tagkit.product import Product

log = logging.getLogger(__name__)


def warn_of_unread(name: str, reasons: Iterable[tuple[Product, str]]) -> None:
    """Warn once of all photos that could not be read.

    Args:
        name: The strategy that tried.
        reasons: The products, each with the reason why its photo could not be read; "" where it was.
    """
    rows = [(product, why) for product, why in reasons if product.images]
    unread = [(product, why) for product, why in rows if why]
    if unread:
        product, why = unread[0]
        which = product.id or product.title
        message = "%s: %d of %d photos cannot be read, so their products are tagged without; the first, of %s: %s"
        log.warning(message, name, len(unread), len(rows), which[:60], why)
