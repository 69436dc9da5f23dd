"""How alike the tags of a list are: the Jaccard similarity of their character bigrams, in lower case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.measures.run import Run
from tagkit.text.ngrams import char_ngrams

CELLS = 2_000_000
"""Pairs of tags held at a time."""


class Similarity:
    """Jaccard similarities between tags, given as numbers.

    Args:
        tags: The tags; the number of a tag is its position.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        sets = [char_ngrams(tag.lower(), 2) for tag in tags]
        columns: dict[str, int] = {}
        index = [columns.setdefault(gram, len(columns)) for grams in sets for gram in grams]
        self.sizes = np.fromiter(map(len, sets), dtype=np.int64, count=len(sets))
        ends = np.concatenate([[0], np.cumsum(self.sizes)])
        self.grams = sparse.csr_matrix((np.ones(len(index)), index, ends), shape=(len(sets), len(columns)))

    def shared(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the number of bigrams that the tags of each pair share, shape of both arguments (one-dimensional)."""
        return np.asarray(self.grams[first].multiply(self.grams[second]).sum(axis=1)).ravel()

    def __call__(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the similarity of each pair, shape of both arguments (one-dimensional)."""
        both = self.shared(first, second)
        return both / (self.sizes[first] + self.sizes[second] - both)


def blocks(n: int, cells: int) -> Iterator[slice]:
    """Part n products into blocks, given how many pairs of tags one product has."""
    step = max(1, CELLS // max(1, cells))
    for start in range(0, n, step):
        yield slice(start, min(n, start + step))


def list_similarities(run: Run, k: int) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield, block by block of products, the similarities between the first k tags of each list.

    Yields:
        Which products, and the similarities, shape (products, k, k); 0 behind a list's end, so that the diagonal says
        which places are taken.
    """
    codes = run.codes[:, :k]
    similarity = Similarity(run.names)
    width = codes.shape[1]
    upper, lower = np.triu_indices(width, 1)
    for block in blocks(len(run), width * width):
        part = codes[block]
        out = np.zeros((len(part), width, width))
        out[:, np.arange(width), np.arange(width)] = part >= 0
        row, pair = np.nonzero(part[:, lower] >= 0)
        i, j = upper[pair], lower[pair]
        out[row, i, j] = out[row, j, i] = similarity(part[row, i], part[row, j])
        yield block, out
