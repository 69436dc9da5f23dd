"""Texts that are the same but for how they are written."""

from __future__ import annotations

import pytest

from tagkit.product import Dataset, Product
from tagkit.text.duplicates import text_key, unseen


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("纯棉床单被套", "純棉床單被套"),
        ("纯棉床单被套", "床单被套 纯棉"),
        ("Ｔ恤 男&amp;女", "t恤男&女"),
        ("Blue suede shoes!", "SHOES, blue suede"),
        ("<b>红裙</b>", "红裙"),
        ("500毫升 水杯", "水杯500ML"),
        ("！！！", " ！！！ "),
    ],
)
def test_texts_that_are_the_same(one, other):
    assert text_key(one) == text_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("红裙", "蓝裙"), ("裙", "裙裙"), ("1.5L", "5L"), ("！！！", "❤️"), ("ab c", "a bc")],
)
def test_texts_that_differ(one, other):
    assert text_key(one) != text_key(other)


def test_unseen_products():
    data = Dataset("x", (Product("1", "纯棉床单"),), test=(Product("2", "純棉床單"), Product("3", "蓝裙")))
    assert [p.id for p in unseen(data)] == ["3"]
    assert [p.id for p in unseen(data, data.train)] == []
