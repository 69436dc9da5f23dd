"""Ridge regression of many tags on sparse features, solved exactly in its dual form with one n by n matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg.lapack import dpotrf, dpotri

from tagkit.progress import announced

Floats = NDArray[np.float64]
FACTORS, FIRM = (1.0, 3.0, 10.0, 30.0), 3.0
"""By how much the penalty is multiplied that holds earlier weights: what is tried on dev, and what is taken without."""
BLOCK = 256
"""How many rows of the matrix are worked on at a time."""


class DualRidge:
    """Ridge regression with the best of several penalties by the leave-one-out squared error.

    The targets are sparse: their product with the inverse of the kernel matrix takes n steps per gold tag, where
    solving the equations takes n² per tag. While the penalties are tried, one matrix holds the kernel above its
    diagonal and the inverse from the diagonal down.

    Args:
        x: The features, shape (n, d).
        y: The targets, ones and zeros, shape (n, tags).
        bias: What is subtracted from each column of the targets, shape (tags,).
        penalties: The penalties to choose from.

    Attributes:
        penalty: The chosen one.

    Source: Rifkin and Lippert, Notes on Regularized Least Squares (MIT 2007).
    """

    def __init__(
        self, x: sparse.csr_matrix, y: sparse.csr_matrix, bias: NDArray[np.float32], penalties: Sequence[float]
    ) -> None:
        self._y, self._bias = y, bias.astype(np.float64)
        # With 32-bit floats the tags would depend on the processor.
        self._matrix = np.empty((x.shape[0], x.shape[0]))
        for rows in self._blocks():
            self._matrix[rows] = (x[rows] @ x.T).toarray()
        self._diagonal = self._matrix.diagonal().copy()
        tried = penalties if len(penalties) > 1 else []
        each = announced(map(self._error, tried), [1] * len(tried), f"choosing the penalty for {y.shape[1]:,} tags")
        errors = dict(zip(tried, each, strict=True))
        self.penalty = best = min(errors, key=errors.__getitem__, default=penalties[0])
        if best != penalties[-1] or not errors:
            self._invert(best)
        for rows in self._blocks():  # what lies above the diagonal is not read again for later rows
            self._matrix[rows] = self._inverse(rows)
        self._sums = self._matrix.sum(axis=1)

    def duals(self, columns: slice) -> Floats:
        """Return the dual weights of some tags, shape (n, tags)."""
        # The matrix is symmetric, and in this order scipy does not copy it.
        product: Floats = (self._y[:, columns].T @ self._matrix).T
        return product - np.outer(self._sums, self._bias[columns])

    def held_out(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return what is predicted for some products by the regression on all others, shape (products, tags)."""
        out = np.empty((len(rows), len(self._bias)), dtype=np.float32)
        for start in range(0, len(rows), BLOCK):
            at = rows[start : start + BLOCK]
            out[start : start + BLOCK] = self._y[at].toarray() - self._residuals(self._matrix[at], at)
        return out

    def _error(self, penalty: float) -> float:
        """Return the sum of the leave-one-out squared errors, and leave the inverse in the matrix."""
        self._invert(penalty)
        every = np.arange(len(self._matrix))
        return sum(float(np.square(self._residuals(self._inverse(rows), every[rows])).sum()) for rows in self._blocks())

    def _residuals(self, inverse: Floats, rows: NDArray[np.int64]) -> Floats:
        """Return the leave-one-out residuals of products, given their rows of the inverse, shape (products, tags)."""
        duals = inverse @ self._y
        duals -= np.outer(inverse.sum(axis=1), self._bias)
        duals /= inverse[np.arange(len(rows)), rows][:, None]
        return duals

    def _invert(self, penalty: float) -> None:
        """Put the inverse of kernel + penalty · identity below the diagonal, where the kernel is above it."""
        for rows in self._blocks():
            above, corner = self._matrix[: rows.start, rows], self._matrix[rows, rows]
            self._matrix[rows, : rows.start] = above.T
            self._matrix[rows, rows] = np.triu(corner, 1) + np.triu(corner, 1).T
        np.fill_diagonal(self._matrix, self._diagonal + penalty)
        # LAPACK reads columns where numpy has rows: its upper triangle is the lower one here.
        factor, failed = dpotrf(self._matrix.T, lower=0, clean=0, overwrite_a=1)
        assert not failed
        dpotri(factor, lower=0, overwrite_c=1)

    def _inverse(self, rows: slice) -> Floats:
        """Return whole rows of the symmetric inverse, shape (rows, n)."""
        out = np.empty((rows.stop - rows.start, len(self._matrix)))
        out[:, : rows.stop] = self._matrix[rows, : rows.stop]
        corner = np.tril(out[:, rows])
        out[:, rows] = corner + np.tril(corner, -1).T
        out[:, rows.stop :] = self._matrix[rows.stop :, rows].T
        return out

    def _blocks(self) -> Iterator[slice]:
        for start in range(0, len(self._matrix), BLOCK):
            yield slice(start, min(start + BLOCK, len(self._matrix)))


class WarmStart:
    """Ridge regression of new products whose penalty is on the distance from earlier weights.

    Args:
        x: The features of the new products, shape (n, d).
        residuals: Their targets less what the earlier weights predict, shape (n, tags).
        penalty: The penalty of the earlier regression.

    Attributes:
        duals: Their dual weights: the new weights are the earlier ones + x^T · duals; shape (n, tags).

    Source: biased regularisation, see Kuzborskij and Orabona, Stability and Hypothesis Transfer Learning (ICML 2013).
    """

    def __init__(self, x: sparse.csr_matrix, residuals: Floats, penalty: float) -> None:
        self._x, self._residuals, self._penalty = x, residuals, penalty
        self._values, self._axes = np.linalg.eigh((x @ x.T).toarray())
        self._projected = self._axes.T @ residuals
        self.duals = self._solve(FIRM)

    def choose(self, features: sparse.csr_matrix, raw: Floats, gold: Floats) -> Floats:
        """Choose on dev how firmly the earlier weights are held, by the squared error.

        Args:
            features: The features of dev, shape (m, d).
            raw: What the earlier weights predict for dev, shape (m, tags).
            gold: The targets of dev, the same shape.

        Returns:
            What the new weights predict for dev.
        """
        kernel = (features @ self._x.T).toarray()
        tried = [self._solve(factor) for factor in FACTORS]
        predicted = [raw + kernel @ duals for duals in tried]
        errors = [float(np.square(gold - found).sum()) for found in predicted]
        best = int(np.argmin(errors))
        self.duals = tried[best]
        return predicted[best]

    def _solve(self, factor: float) -> Floats:
        solved: Floats = self._axes @ (self._projected / (self._values + factor * self._penalty)[:, None])
        return solved
