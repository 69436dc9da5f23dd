"""What the tests of the refinements share: a product with tags, and predictions for dev products."""

from __future__ import annotations

import random

import pytest

from tagkit.product import Product, Span, Tag


@pytest.fixture(scope="session")
def product():
    """A product whose text the tags of `tags` are from."""
    return Product("1", "优雅蓝色高跟鞋 女士高跟鞋 ＮＩＫＥ")


@pytest.fixture
def tags():
    """Ranked tags: some overlap, two differ in width and case only."""
    return [
        Tag("高跟鞋", 0.9, "a", (Span(4, 7), Span(10, 13))),
        Tag("女士高跟鞋", 0.8, "b", (Span(8, 13),)),
        Tag("蓝色", 0.6, "a", (Span(2, 4),)),
        Tag("ＮＩＫＥ", 0.5, "a", (Span(14, 18),), "brand"),
        Tag("高跟", 0.45, "b"),
        Tag("nike", 0.4, "b", (), "brand"),
        Tag("优雅", 0.3, "b", (Span(0, 2),)),
    ]


@pytest.fixture(scope="session")
def dev():
    """Random predictions whose scores are higher where they are correct, and the products."""
    rng = random.Random(7)
    products, predictions = [], []
    for i in range(60):
        gold = [tag for tag, share in (("甲", 0.5), ("乙", 0.3), ("丙", 0.1), ("丁", 0.02)) if rng.random() < share]
        products.append(Product(str(i), f"商品{i}", tags=gold))
        row = [
            Tag(t, round(min(1, rng.random() * 0.7 + 0.3 * (t in gold)), 2)) for t in "甲乙丙丁" if rng.random() < 0.9
        ]
        predictions.append(sorted(row, key=lambda tag: -tag.score))
    return predictions, products
