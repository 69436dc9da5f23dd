"""Nearest vectors: exhaustive search and the graph index."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural.index import VectorIndex  # noqa: E402


class TestIndex:
    VECTORS = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
    VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)

    def test_exact_search_is_brute_force(self):
        keys, cosines = VectorIndex(self.VECTORS).search(self.VECTORS[:5], 3)
        assert keys[:, 0].tolist() == [0, 1, 2, 3, 4]
        assert np.allclose(cosines[:, 0], 1, atol=1e-5)
        truth = np.sort(self.VECTORS[0] @ self.VECTORS.T)[::-1][:3]
        assert np.allclose(cosines[0], truth, atol=1e-5)

    def test_the_graph_finds_nearly_all_of_them_and_always_the_same(self):
        exact, _ = VectorIndex(self.VECTORS, exact=True).search(self.VECTORS[:200], 10)
        graph, _ = VectorIndex(self.VECTORS, exact=False).search(self.VECTORS[:200], 10)
        again, _ = VectorIndex(self.VECTORS, exact=False).search(self.VECTORS[:200], 10)
        recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, graph, strict=True)])
        assert recall > 0.95
        assert np.array_equal(graph, again)

    def test_fewer_vectors_than_asked_for(self):
        keys, _ = VectorIndex(self.VECTORS[:2]).search(self.VECTORS[:1], 9)
        assert keys.shape == (1, 2)
