"""Eighty made-up products whose tags mostly follow from the words in their titles, and vectors of these words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tagkit.product import Product

WORDS = ("红色", "蓝色", "短袖", "长袖", "棉", "皮")


def make_shop() -> list[Product]:
    """Return the products, of two categories."""
    random = np.random.default_rng(0)
    rows = []
    for number in range(80):
        own = [WORDS[i] for i in np.flatnonzero(random.random(len(WORDS)) < 0.4)]
        category = "服饰/上衣" if number % 2 else "百货/杯子"
        tags = [word for word in own if random.random() < 0.8] + (["休闲"] if number % 2 else ["家用"])
        rows.append(Product(str(number), f"新款{number}号" + "".join(own), category=category, tags=tuple(tags)))
    return rows


def word_vectors(products: Sequence[Product]) -> np.ndarray:
    """Return which of the words are present in each text, as vectors of length 1, shape (products, words + 1)."""
    found = np.array([[1.0, *(word in product.text for word in WORDS)] for product in products], dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)
