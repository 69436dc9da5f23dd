"""Photos that cannot be read are warned of once, or counted for a report."""

from __future__ import annotations

import logging

from tagkit.images.unread import count_unread, noting_unread, warn_of_unread
from tagkit.product import Product

GOOD, BAD, BARE = Product("1", "a", images=("a.jpg",)), Product("2", "b", images=("b.jpg",)), Product("3", "c")
ROWS = [(GOOD, ""), (BAD, "the photo b.jpg is damaged"), (BARE, "the product has no photo")]


def test_one_warning_for_all(caplog):
    with caplog.at_level(logging.WARNING):
        warn_of_unread("image", ROWS)
        warn_of_unread("image", [ROWS[0], ROWS[2]])
    assert [record.getMessage() for record in caplog.records] == [
        "image: 1 of 2 photos cannot be read, so their products are tagged without; the first, of 2: "
        "the photo b.jpg is damaged"
    ]


def test_what_is_noted_is_not_warned_of_and_several_strategies_count_once(caplog):
    with noting_unread() as noted:
        warn_of_unread("image", ROWS)
        warn_of_unread("colour", ROWS)
    assert noted == {("b.jpg",): "the photo b.jpg is damaged"} and not caplog.records
    assert count_unread(noted, [GOOD, BAD, BARE, BAD]) == 2
    warn_of_unread("image", ROWS)
    assert caplog.records
