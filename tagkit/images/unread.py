"""Say which photos could not be read; a product without one is nothing to speak of."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tagkit.product import Product

log = logging.getLogger(__name__)
Noted = dict[tuple[str, ...], str]
"""Why no photo of a product can be read, by its `images`."""
_noted: ContextVar[Noted | None] = ContextVar("noted", default=None)


@contextmanager
def noting_unread() -> Iterator[Noted]:
    """Collect which photos strategies cannot read while this lasts, for a report; nothing is warned of."""
    noted: Noted = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def count_unread(noted: Noted, products: Iterable[Product]) -> int:
    """Return how many products have photos of which none could be read."""
    return sum(product.images in noted for product in products)


def warn_of_unread(name: str, reasons: Iterable[tuple[Product, str]]) -> None:
    """Warn once of all photos that could not be read, or note them where `noting_unread` collects them.

    Args:
        name: The strategy that tried.
        reasons: The products, each with the reason why its photo could not be read; "" where it was.
    """
    rows = [(product, why) for product, why in reasons if product.images]
    unread = [(product, why) for product, why in rows if why]
    noted = _noted.get()
    if noted is not None:
        noted.update((product.images, why) for product, why in unread)
    elif unread:
        product, why = unread[0]
        which = product.id or product.title
        message = "%s: %d of %d photos cannot be read, so their products are tagged without; the first, of %s: %s"
        log.warning(message, name, len(unread), len(rows), which[:60], why)
