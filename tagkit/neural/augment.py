"""More training texts from those there are: values of a type are exchanged for others of the same type."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from tagkit.neural.bio import Spans
from tagkit.product import Product


class ValueSwap:
    """Writes a product's text anew with some of its values exchanged.

    A value is exchanged for one that a training product of the same category has for the same type. Draws come from
    torch's global random state, so that a training run that goes on from a checkpoint draws the same.

    Args:
        products: The training products.
        gold: Their spans, without overlaps, in the order of the text.
        share: How likely each value is exchanged.

    Source: mention replacement in Dai and Adel, An Analysis of Simple Data Augmentation for Named Entity Recognition
    (COLING 2020).
    """

    def __init__(self, products: Sequence[Product], gold: Sequence[Spans], share: float) -> None:
        self.products = products
        self.gold = gold
        self.share = share
        self._values: dict[tuple[str, str], list[str]] = {}
        for product, spans in zip(products, gold, strict=True):
            for start, end, kind in spans:
                self._values.setdefault((product.category, kind), []).append(product.text[start:end])

    def __call__(self, row: int) -> tuple[str, Spans]:
        """Return a new text of one product, and its spans."""
        product, text, at = self.products[row], "", 0
        spans: Spans = []
        draws = torch.rand(len(self.gold[row]), 2).tolist()
        for (start, end, kind), (chance, pick) in zip(self.gold[row], draws, strict=True):
            text += product.text[at:start]
            value = product.text[start:end]
            if chance < self.share:
                others = self._values[product.category, kind]
                value = others[int(pick * len(others))]
            spans.append((len(text), len(text) + len(value), kind))
            text, at = text + value, end
        return text + product.text[at:], spans
