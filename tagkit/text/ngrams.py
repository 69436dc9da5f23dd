"""Character n-grams and the Jaccard similarity of texts by them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CHUNK = 500
"""Texts that `nearest_jaccard` compares with all others at a time."""


def char_ngrams(text: str, n: int) -> frozenset[str]:
    """Return the set of character n-grams of a text; a shorter text is its own n-gram, an empty one has none."""
    if len(text) <= n:
        return frozenset([text] if text else [])
    return frozenset(text[i : i + n] for i in range(len(text) - n + 1))


def jaccard(a: Set[str], b: Set[str]) -> float:
    """Return the size of the intersection over that of the union; 0 when both are empty."""
    union = len(a | b)
    return len(a & b) / union if union else 0.0


class NgramMatrix:
    """The character n-grams of many texts, for the similarities of many pairs at once.

    Args:
        texts: The texts; a text's number is its position.
        n: Characters of an n-gram.

    Attributes:
        sizes: Number of distinct n-grams of each text, shape (texts,).
        rows: Which text has which n-gram, ones and zeros, shape (texts, distinct n-grams).
    """

    def __init__(self, texts: Sequence[str], n: int) -> None:
        sets = [char_ngrams(text, n) for text in texts]
        columns: dict[str, int] = {}
        index = [columns.setdefault(gram, len(columns)) for grams in sets for gram in grams]
        self.sizes = np.fromiter(map(len, sets), dtype=np.int64, count=len(sets))
        ends = np.concatenate([[0], np.cumsum(self.sizes)])
        ones = np.ones(len(index), dtype=np.int32)
        self.rows = sparse.csr_matrix((ones, index, ends), shape=(len(sets), len(columns)))

    def shared(self, first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
        """Return how many n-grams the two texts of each pair share.

        Args:
            first: The number of one text of each pair, shape (pairs,).
            second: The number of the other, shape (pairs,).

        Returns:
            Counts, shape (pairs,).
        """
        return np.asarray(self.rows[first].multiply(self.rows[second]).sum(axis=1)).ravel()

    def jaccard(self, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
        """Return the Jaccard similarity of each pair of texts, of which not both are empty, arguments as `shared`."""
        both = self.shared(first, second)
        return both / (self.sizes[first] + self.sizes[second] - both)


def nearest_jaccard(texts: Sequence[str], among: Sequence[str], n: int) -> NDArray[np.float64]:
    """Return the highest n-gram Jaccard similarity of each text with any text of `among`, shape (len(texts),).

    Exact, by sparse products in chunks of texts: memory grows with a chunk and not with the number of pairs.
    """
    matrix = NgramMatrix([*texts, *among], n)
    rows, columns = matrix.rows[: len(texts)], matrix.rows[len(texts) :].T.tocsr()
    sizes, other_sizes = matrix.sizes[: len(texts)], matrix.sizes[len(texts) :]
    best = np.zeros(len(texts))
    for start in range(0, len(texts), CHUNK):
        shared = (rows[start : start + CHUNK] @ columns).tocoo()
        row = shared.row + start
        np.maximum.at(best, row, shared.data / (sizes[row] + other_sizes[shared.col] - shared.data))
    return best
