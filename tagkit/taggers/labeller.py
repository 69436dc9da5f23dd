"""The base of the strategies that label characters: their types, and spans from the probabilities of labels."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tagkit.errors import BadInput
from tagkit.neural import bio
from tagkit.product import Product, Tags
from tagkit.tagger import Tagger

CHUNK = 2000
"""Products whose label probabilities are in memory at a time."""


class CharacterLabeller(Tagger):
    """Base of the strategies that give each character a BIO label, so that `ensemble` can average them by characters.

    Subclasses call `_read_gold` in `_fit`, and return the probabilities of the labels in `_probabilities`.
    """

    needs_threshold = False

    @abstractmethod
    def _probabilities(self, products: Sequence[Product]) -> list[NDArray[np.float32]]:
        """Return the probabilities of the labels of all characters, for each product shape (characters, labels)."""

    def _read_gold(self, products: Sequence[Product]) -> list[bio.Spans]:
        """Return the gold spans of each training product, and store their types."""
        gold = [bio.without_overlaps(bio.gold_spans(product)) for product in products]
        self.types_ = sorted({kind for spans in gold for _, _, kind in spans})
        if not self.types_:
            raise BadInput(f"{self.name} learns from tags that are present in the text, and none is in train")
        return gold

    @property
    def types(self) -> list[str]:
        """The types in the order of the labels."""
        self.check_fitted()
        return self.types_

    def character_probabilities(self, products: Sequence[Product]) -> Iterator[NDArray[np.float32]]:
        """Yield for each product the probabilities of the labels of its characters.

        Label 0 is outside, 1 + 2t begin and 2 + 2t inside of `types[t]`. Characters that are in no token are outside.

        Yields:
            Shape (characters of `Product.text`, labels).
        """
        for part in _chunks(products):
            yield from self._probabilities(part)

    def _spans(self, products: Sequence[Product]) -> list[list[bio.Scored]]:
        return bio.best_spans(self._probabilities(products), self.types_)

    def _tag(self, products: Sequence[Product]) -> Tags:
        out: Tags = []
        for part in _chunks(products):
            out += [bio.as_tags(p.text, spans, self.name) for p, spans in zip(part, self._spans(part), strict=True)]
        return out


def _chunks(products: Sequence[Product]) -> Iterator[Sequence[Product]]:
    for first in range(0, len(products), CHUNK):
        yield products[first : first + CHUNK]
