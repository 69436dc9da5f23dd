"""The base of the strategies that label characters: types of train, blocks of products, errors."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="networks need tagkit[models]")

from tagkit.errors import BadInput, NotFitted
from tagkit.product import Product, Span, Tag
from tagkit.taggers import labeller
from tagkit.taggers.labeller import CharacterLabeller


class Digits(CharacterLabeller):
    """Labels every digit as a span of the first type."""

    name = "digits"

    def _fit(self, train, dev, cache):
        self.gold_ = self._read_gold(train)
        self.blocks_ = []

    def _probabilities(self, products):
        self.blocks_.append(len(products))
        out = []
        for product in products:
            rows = np.zeros((len(product.text), 1 + 2 * len(self.types_)), dtype=np.float32)
            digit = np.array([char.isdigit() for char in product.text], dtype=bool)
            rows[~digit, 0], rows[digit, 1] = 1, 1
            out.append(rows)
        return out

    def _state(self):
        return {}

    def _restore(self, state): ...


def annotated(text: str, *spans: tuple[int, int, str]) -> Product:
    tags = (Tag(text[start:end], spans=(Span(start, end),), type=kind) for start, end, kind in spans)
    return Product(text, text, annotations=tuple(tags))


def test_types_and_spans_of_train_without_overlaps():
    tagger = Digits().fit([annotated("a12b", (1, 3, "n"), (1, 2, "m")), annotated("7c", (0, 1, "m"))])
    assert tagger.types == ["m", "n"]
    assert tagger.gold_ == [[(1, 3, "n")], [(0, 1, "m")]]


def test_products_are_read_in_blocks_and_tagged_in_order(monkeypatch):
    monkeypatch.setattr(labeller, "CHUNK", 2)
    tagger = Digits().fit([annotated("7c", (0, 1, "m"))])
    rows = tagger.predict(["a1", "b", "2c", "", "d3"])
    assert [[(tag.text, tag.type, tag.spans) for tag in row] for row in rows] == [
        [("1", "m", (Span(1, 2),))],
        [],
        [("2", "m", (Span(0, 1),))],
        [],
        [("3", "m", (Span(1, 2),))],
    ]
    assert tagger.blocks_ == [2, 2], "the product without a text is not asked about"
    products = [Product(text, text) for text in ("a1", "", "b22")]
    assert [len(row) for row in tagger.character_probabilities(products)] == [2, 0, 3]


def test_train_needs_a_tag_in_a_text_and_types_need_a_fit():
    with pytest.raises(BadInput, match="digits learns from tags that are present in the text, and none is in train"):
        Digits().fit([Product("1", "a1", tags=("elsewhere",))])
    with pytest.raises(NotFitted):
        _ = Digits().types
