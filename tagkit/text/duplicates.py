"""Texts that are the same but for how they are written: script, width, case, markup, punctuation, order of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from tagkit.product import Dataset, Product
from tagkit.text.clean import clean

_WORDS = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]|[^\W_\u3400-\u9fff\U00020000-\U000323af]+|[^\w\s]")


MOST_CHARS = 10_000
"""Of a longer text the beginning is compared: two articles that share it are taken for one."""


@lru_cache(maxsize=1 << 17)
def text_key(text: str) -> str:
    """Return what two texts share that differ in writing only: the cleaned words, and Chinese characters, in one order.

    A text of which cleaning leaves nothing is its own key.
    """
    return " ".join(sorted(_WORDS.findall(clean(text[:MOST_CHARS]).text))) or text.strip()


def unseen(data: Dataset, part: Sequence[Product] | None = None) -> tuple[Product, ...]:
    """Return the test products (or those of `part`) whose title and description are not in train, by `text_key`."""
    seen = {text_key(product.text) for product in data.train}
    return tuple(p for p in (data.test if part is None else part) if text_key(p.text) not in seen)
