"""Ridge regression in its dual form: its weights and held-out predictions are those of the plain equations."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from tagkit.taggers import dual_ridge
from tagkit.taggers.dual_ridge import DualRidge


def problem(n, features, tags, seed=0):
    """Return features, targets and biases."""
    rng = np.random.default_rng(seed)
    x = sparse.random(n, features, 0.2, format="csr", rng=rng)
    y = sparse.csr_matrix((rng.random((n, tags)) < 3 / tags).astype(float))
    return x, y, np.asarray(y.mean(axis=0), dtype=np.float32).ravel()


@pytest.mark.parametrize("block", [7, 256])
@pytest.mark.parametrize("penalties", [[0.5], [0.1, 1.0, 30.0], [3.0, 0.1]])
def test_it_solves_the_plain_equations_with_the_best_penalty(monkeypatch, penalties, block):
    monkeypatch.setattr(dual_ridge, "BLOCK", block)
    x, y, bias = problem(40, 30, 12)
    centred, kernel = y.toarray() - bias, (x @ x.T).toarray()
    errors, plain = [], []
    for penalty in penalties:
        inverse = np.linalg.inv(kernel + penalty * np.eye(40))
        residuals = inverse @ centred / inverse.diagonal()[:, None]
        errors.append(np.square(residuals).sum())
        plain.append((inverse @ centred, y.toarray() - residuals))
    duals, held_out = plain[int(np.argmin(errors))]
    solution = DualRidge(x, y, bias, penalties)
    np.testing.assert_allclose(solution.duals(slice(3, 9)), duals[:, 3:9], atol=1e-9)
    rows = np.array([0, 5, 39])
    np.testing.assert_allclose(solution.held_out(rows), held_out[rows], atol=1e-6)


def test_its_memory_does_not_hold_all_products_times_all_tags(monkeypatch):
    monkeypatch.setattr(dual_ridge, "BLOCK", 16)
    x, y, bias = problem(500, 300, 20_000)
    tracemalloc.start()
    solution = DualRidge(x, y, bias, [0.1, 1.0])
    solution.duals(slice(0, 100))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500 * 20_000 * 8 / 4
