"""Nearest vectors: an exact search for small collections, a graph index (HNSW, by usearch) for large ones.

usearch is one small wheel (hnswlib has to be compiled on Linux) and stores 16-bit floats: 50,000 vectors of 384 take 44
MiB instead of 80. `benchmarks/index.py --vectors 50000`, one thread of an AMD EPYC without bf16: built in 34 s, 1,711
queries/s in a batch, 0.996 of the true ten nearest; in 32-bit floats 52 s, 1,235, 1.000; FAISS 23 s, 2,559, 0.9999;
exhaustive search 896 queries/s. FAISS is faster, at nearly twice the size. Each builds the same index every time. What
usearch finds is ranked again by the 32-bit vectors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EXACT = 50_000
"""Up to so many vectors the search is exhaustive."""


class VectorIndex:
    """Finds the most similar of n vectors by cosine.

    It is built on one thread, so that equal vectors always give the same index.

    Args:
        vectors: Of length 1, shape (n, size).
        exact: Whether the search is exhaustive; None: up to 50,000 vectors.

    Source: Malkov and Yashunin, Efficient and robust approximate nearest neighbor search using Hierarchical Navigable
    Small World graphs (TPAMI 2018), by the package usearch.
    """

    def __init__(self, vectors: NDArray[np.float32], exact: bool | None = None) -> None:
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        self.exact = len(vectors) <= EXACT if exact is None else exact
        if not self.exact:
            from usearch.index import Index

            self._index = Index(
                ndim=vectors.shape[1],
                metric="cos",
                dtype="bf16",
                connectivity=16,
                expansion_add=128,
                expansion_search=128,
            )
            self._index.add(np.arange(len(vectors)), self.vectors, threads=1)

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the positions and the cosines of the k nearest vectors, the nearest first.

        Args:
            queries: Of length 1, shape (m, size).
            k: How many, at most all.

        Returns:
            Two arrays of shape (m, min(k, n)).
        """
        k = min(k, len(self.vectors))
        if self.exact:
            return _exact(self.vectors, queries, k)
        found = self._index.search(queries, k, threads=1)
        keys = np.sort(np.asarray(found.keys, dtype=np.int64).reshape(len(queries), -1), axis=1)
        # The graph compares 16-bit floats: what it found is ranked by the 32-bit vectors.
        cosines = np.round(np.einsum("mks,ms->mk", self.vectors[keys], queries), 5).astype(np.float32)
        order = np.argsort(-cosines, axis=1, kind="stable")
        return np.take_along_axis(keys, order, axis=1), np.take_along_axis(cosines, order, axis=1)


def _exact(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int, rows: int = 512
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    keys, cosines = np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32)
    for first in range(0, len(queries), rows):
        part = slice(first, first + rows)
        # Rounded, so that equal texts tie in any batch, and the first of them is taken.
        found = np.round(queries[part] @ vectors.T, 5)
        order = np.argsort(-found, axis=1, kind="stable")[:, :k]
        keys[part], cosines[part] = order, np.take_along_axis(found, order, axis=1)
    return keys, cosines
