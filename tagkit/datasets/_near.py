"""How alike are texts? Character 3-gram Jaccard of every text of one part with every text of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CHUNK = 500


def trigrams(text: str) -> set[str]:
    """Return the character 3-grams of a text, lower case and with single blanks; a shorter text is its own gram."""
    plain = " ".join(text.lower().split())
    return {plain[start : start + 3] for start in range(max(1, len(plain) - 2))}


def nearest(texts: Sequence[str], among: Sequence[str]) -> NDArray[np.float64]:
    """Return for each text the highest 3-gram Jaccard with any text of `among`, shape (len(texts),).

    Exact, by sparse products of binary gram matrices in chunks: memory grows with a chunk of 500 texts and not with the
    number of pairs.
    """
    column: dict[str, int] = {}
    right, left = _matrix(among, column), _matrix(texts, column)
    right.resize(right.shape[0], len(column))
    best = np.zeros(len(texts))
    sizes, other_sizes = np.diff(left.indptr), np.diff(right.indptr)
    turned = right.T.tocsr()
    for start in range(0, len(texts), CHUNK):
        shared = (left[start : start + CHUNK] @ turned).tocoo()
        rows = shared.row + start
        jaccard = shared.data / (sizes[rows] + other_sizes[shared.col] - shared.data)
        np.maximum.at(best, rows, jaccard)
    return best


def _matrix(texts: Sequence[str], column: dict[str, int]) -> sparse.csr_matrix:
    """Lay texts out by gram, binary, adding new grams to `column`."""
    index: list[int] = []
    ends = [0]
    for text in texts:
        index.extend(column.setdefault(gram, len(column)) for gram in trigrams(text))
        ends.append(len(index))
    shape = (len(texts), len(column))
    return sparse.csr_matrix((np.ones(len(index), dtype=np.int32), index, ends), shape=shape)
