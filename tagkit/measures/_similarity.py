"""How alike the tags of a list are: the Jaccard similarity of their character bigrams, in lower case."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tagkit.measures.run import Run
from tagkit.text.ngrams import NgramMatrix

CELLS = 2_000_000
"""Pairs of tags held at a time."""


def tag_bigrams(run: Run) -> NgramMatrix:
    """Return the character bigrams of the tags of a run, in lower case, by the tag's number."""
    return NgramMatrix([tag.lower() for tag in run.names], 2)


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
    bigrams = tag_bigrams(run)
    width = codes.shape[1]
    upper, lower = np.triu_indices(width, 1)
    for block in blocks(len(run), width * width):
        part = codes[block]
        out = np.zeros((len(part), width, width))
        out[:, np.arange(width), np.arange(width)] = part >= 0
        row, pair = np.nonzero(part[:, lower] >= 0)
        i, j = upper[pair], lower[pair]
        out[row, i, j] = out[row, j, i] = bigrams.jaccard(part[row, i], part[row, j])
        yield block, out
