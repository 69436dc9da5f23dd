"""What one strategy says of the characters of texts, for another to learn: probabilities of BIO labels, kept sparse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.neural import bio
from tagkit.neural.tokens import Window
from tagkit.product import Product, Tag

RAREST = 0.01
"""Labels less probable than this are forgotten."""
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class CharacterLabels:
    """Products with the probabilities of the labels of their characters.

    Attributes:
        products: The products.
        rows: For each the probabilities, shape (characters, 1 + 2 * types); a row of zeros says nothing of a character.
        types: The types in the order of the labels.
    """

    products: Sequence[Product]
    rows: Sequence[sparse.csr_matrix]
    types: Sequence[str]

    @classmethod
    def of_probabilities(
        cls, products: Sequence[Product], found: Iterable[Floats], known: Sequence[str], types: Sequence[str]
    ) -> Self:
        """Keep the probabilities that a strategy gives.

        Args:
            products: The products.
            found: The probabilities of each, shape (characters, 1 + 2 * known types).
            known: The types of that strategy.
            types: The types to keep; what is said of others is forgotten.
        """
        both = [kind for kind in known if kind in set(types)]
        columns, places = bio.label_places(both, known), bio.label_places(both, types)
        rows = []
        for row in found:
            kept = np.zeros((len(row), 1 + 2 * len(types)), dtype=np.float32)
            kept[:, places] = row[:, columns]
            kept[kept < RAREST] = 0
            rows.append(sparse.csr_matrix(kept / np.maximum(kept.sum(1, keepdims=True), RAREST)))
        return cls(products, rows, types)

    @classmethod
    def of_tags(cls, products: Sequence[Product], lists: Sequence[Sequence[Tag]], types: Sequence[str]) -> Self:
        """Make labels of tags: the score is the probability of a tag's labels, the rest of it that of being outside.

        Nothing is said of the characters of tags with the score 0, and of tags of other types.

        Args:
            products: The products.
            lists: The tags of each with their spans; scores are probabilities.
            types: The types of the labels; where there is only "", the types of tags do not matter.
        """
        rows = []
        for product, tags in zip(products, lists, strict=True):
            labels = np.zeros((len(product.text), 1 + 2 * len(types)), dtype=np.float32)
            labels[:, bio.OUTSIDE] = 1
            free = np.ones(len(labels), dtype=bool)
            for tag in sorted(tags, key=lambda tag: -tag.score):
                kind = "" if list(types) == [""] else tag.type
                for span in tag.spans:
                    inside = slice(span.start, span.end)
                    if free[inside].all():
                        free[inside] = False
                        labels[inside] = 0
                        if tag.score and kind in types:
                            label = 1 + 2 * types.index(kind)
                            labels[inside, bio.OUTSIDE] = 1 - tag.score
                            labels[inside, label + 1] = tag.score
                            labels[span.start, label : label + 2] = tag.score, 0
            rows.append(sparse.csr_matrix(labels))
        return cls(products, rows, types)


class TokenLabels:
    """The labels of the tokens of such products, as a network learns them.

    Args:
        labels: Those of the characters.
        types: The types of the network.
        hard: Whether it learns the best well-formed labels rather than probabilities.
    """

    def __init__(self, labels: CharacterLabels, types: Sequence[str], hard: bool) -> None:
        self.labels = labels
        self.types = types
        self.hard = hard
        self._places = np.array(bio.label_places(labels.types, types))
        self._spans = [self._best(row) for row in labels.rows] if hard else []

    def __call__(self, number: int, window: Window) -> NDArray[np.number]:
        """Return the labels of the tokens of a window of one product; see `TokenClassifier.loss`."""
        row, counted = self.labels.rows[number], np.flatnonzero(window.starts >= 0)
        first = row[window.starts[counted]]
        if self.hard:
            spans = [span[:3] for span in self._spans[number]]
            found = bio.token_labels(spans, self.types, window.starts, window.ends)
            found[counted[first.getnnz(axis=1) == 0]] = -100
            return found
        probabilities = np.zeros((len(window), 1 + 2 * len(self.types)), dtype=np.float32)
        probabilities[np.ix_(counted, self._places)] = first.toarray()
        return probabilities

    def gold(self, labels: NDArray[np.int64]) -> NDArray[np.number]:
        """Return gold labels in the same form."""
        if self.hard:
            return labels
        out = np.zeros((len(labels), 1 + 2 * len(self.types)), dtype=np.float32)
        counted = np.flatnonzero(labels >= 0)
        out[counted, labels[counted]] = 1
        return out

    def _best(self, row: sparse.csr_matrix) -> list[bio.Scored]:
        """Return the best spans; a character of which nothing is said is outside."""
        chances = row.toarray()
        chances[chances.sum(1) == 0, bio.OUTSIDE] = 1
        return bio.best_spans([chances], self.labels.types)[0]
