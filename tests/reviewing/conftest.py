"""Products with suggested tags, and files of reviews."""

from __future__ import annotations

import pytest

from tagkit.product import Product, Span, Tag
from tagkit.reviewing.store import ReviewStore

TITLES = ("红色高跟鞋女新款", "蓝色帆布鞋", "Red canvas shoes", "黑色连衣裙")


@pytest.fixture
def shop() -> list[Product]:
    return [Product(f"p{n}", title, tags=("旧",)) for n, title in enumerate(TITLES)]


@pytest.fixture
def suggested() -> dict[int, list[Tag]]:
    return {
        0: [Tag("红色", 0.9, "linear", (Span(0, 2),), "色"), Tag("高跟", 0.6, "linear", (Span(2, 4),)), Tag("男", 0.2)],
        1: [Tag("蓝色", 0.8, "linear", (Span(0, 2),))],
        2: [],
    }


@pytest.fixture
def open_store(tmp_path, shop, suggested):
    """Open the same file for a reviewer; the first time it is made."""
    stores = []

    def make(reviewer: str = "ana", **options) -> ReviewStore:
        store = ReviewStore(tmp_path / "review.db", shop, reviewer=reviewer, **options)
        if store.suggestions(0) is None:
            store.suggest(suggested)
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.close()
