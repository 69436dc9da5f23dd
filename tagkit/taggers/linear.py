"""Linear classifier: one ridge regression per tag over words and character n-grams, calibrated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_solve, cholesky
from scipy.linalg.lapack import dtrtri
from scipy.special import expit
from sklearn.linear_model import Ridge

from tagkit.cache import FitCache
from tagkit.calibration import platt
from tagkit.errors import BadInput
from tagkit.features import CleaningOptions, TextFeatures, targets
from tagkit.product import Product, Tags
from tagkit.tagger import Space, State, Tagger, ranked

PENALTIES = (0.1, 0.3, 1.0, 3.0)
CLOSED_FORM = 12_000
"""Up to so many training products the exact solution, with its n by n matrix, fits into 8 GB of memory."""
PRUNE = 0.05
"""Weights below this share of a tag's largest weight are set to 0, which makes the model about twenty times smaller."""
BATCH = 512
"""How many tags are solved for, or products tagged, at a time."""


class Linear(CleaningOptions, Tagger):
    """One ridge regression per tag on TF-IDF of words and character 1- to 3-grams, calibrated.

    Up to 12,000 training products the solution is exact, and the penalty is the one of 0.1, 0.3, 1 and 3 with the
    smallest leave-one-out squared error, which ridge regression gives in closed form; for more products, conjugate
    gradients with penalty 1. Scores are calibrated by Platt scaling, one sigmoid for all tags, on dev; without dev on
    the leave-one-out predictions (for more than 12,000 products on those for train itself).

    Args:
        penalty: The L2 penalty; None: chosen.
        min_count: How often a tag must occur in train.
        limit: How many tags to return at most.

    Attributes:
        held_out_: The leave-one-out predictions before calibration, shape (products, tags); None after a fit on more
            than 12,000 products and after loading.

    Source: Rifkin and Klautau, In defense of one-vs-all classification (JMLR 2004); Platt, Probabilistic outputs for
    support vector machines (1999).
    """

    name = "linear"
    space: ClassVar[Space] = {
        "penalty": [None, 0.1, 0.3, 1.0, 3.0, 10.0],
        "min_count": (1, 5),
    }

    penalty: float | None = None
    min_count: int = 2
    limit: int = 20

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        counts = Counter(tag for product in train for tag in set(product.tags))
        self.tags_ = sorted(tag for tag, count in counts.items() if count >= self.min_count)
        if not self.tags_:
            raise BadInput(f"linear: no tag occurs {self.min_count} times in train")
        self._features = TextFeatures(min_count=min(2, len(train)), skip_cleaning=self.skip_cleaning)
        x = self._features.fit(train, sorted(counts))
        y = targets(train, self.tags_)
        self.bias_ = np.asarray(y.mean(axis=0), dtype=np.float32).ravel()
        if x.shape[0] <= CLOSED_FORM:
            duals, held_out = _closed_form(x, y, self.bias_, [self.penalty] if self.penalty else PENALTIES)
            blocks = [x.T @ duals[:, i : i + BATCH] for i in range(0, y.shape[1], BATCH)]
        else:
            blocks, held_out = self._conjugate_gradients(x, y), None
        self.held_out_ = held_out
        self.weights_ = sparse.hstack([_prune(block) for block in blocks]).tocsr()
        dev = [product for product in dev if product.tags]
        if dev:
            self.scale_, self.shift_ = platt(self._raw(dev), targets(dev, self.tags_))
        else:
            self.scale_, self.shift_ = platt(self._raw(train) if held_out is None else held_out, y)

    def _conjugate_gradients(self, x: sparse.csr_matrix, y: sparse.csr_matrix) -> list[NDArray[np.float32]]:
        """Return the weights of blocks of tags, each of shape (d, tags of the block)."""
        blocks = []
        for start in range(0, y.shape[1], BATCH):
            columns = slice(start, start + BATCH)
            model = Ridge(self.penalty or 1.0, fit_intercept=False, solver="sparse_cg")
            model.fit(x, y[:, columns].toarray() - self.bias_[columns])
            blocks.append(model.coef_.reshape(-1, x.shape[1]).T.astype(np.float32))
        return blocks

    def features(self, products: Sequence[Product]) -> sparse.csr_matrix:
        """Return the features of products, shape (products, d)."""
        return self._features.transform(products)

    def raw(self, features: sparse.csr_matrix) -> NDArray[Any]:
        """Return the scores of all tags before calibration, shape (products, tags)."""
        return (features @ self.weights_).toarray() + self.bias_

    def _raw(self, products: Sequence[Product]) -> NDArray[Any]:
        return self.raw(self.features(products))

    def _tag(self, products: Sequence[Product]) -> Tags:
        rows = []
        for start in range(0, len(products), BATCH):
            for row in self._raw(products[start : start + BATCH]):
                best = np.argpartition(-row, self.limit)[: self.limit] if len(row) > self.limit else range(len(row))
                scores = np.round(expit(self.scale_ * row[best] + self.shift_), 6)
                rows.append(ranked(((self.tags_[i], s) for i, s in zip(best, scores, strict=True) if s), self.name))
        return rows

    def _state(self) -> State:
        return {
            "features": self._features.state(),
            "tags": self.tags_,
            "weights": self.weights_,
            "bias": self.bias_,
            "scale": self.scale_,
            "shift": self.shift_,
        }

    def _restore(self, state: State) -> None:
        self._features = TextFeatures(skip_cleaning=self.skip_cleaning)
        self._features.restore(state["features"])
        self.weights_, self.bias_ = state["weights"], state["bias"]
        self.scale_, self.shift_, self.tags_ = state["scale"], state["shift"], state["tags"]
        self.held_out_ = None


def _closed_form(
    x: sparse.csr_matrix, y: sparse.csr_matrix, bias: NDArray[np.float32], penalties: Sequence[float]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Solve ridge regression in its dual form, choosing the penalty by the leave-one-out squared error.

    Returns:
        The dual weights and the leave-one-out predictions of the best penalty, both of shape (n, tags).
    """
    # With 32-bit floats the tags would depend on the processor.
    kernel = (x @ x.T).toarray().astype(np.float64)
    centred = y.toarray() - bias.astype(np.float64)
    best: tuple[float, NDArray[np.float32], NDArray[np.float32]] | None = None
    for penalty in penalties:
        factor = cholesky(kernel + penalty * sparse.eye_array(len(kernel)), lower=True, overwrite_a=True)
        duals = cho_solve((factor, True), centred)
        root, _ = dtrtri(factor, lower=True, overwrite_c=True)
        diagonal = np.einsum(
            "ij,ij->j", root, root
        )  # of the inverse of the kernel, at half the cost of the whole inverse
        residuals = duals / diagonal[:, None]
        error = float(np.square(residuals).mean())
        if best is None or error < best[0]:
            best = error, duals.astype(np.float32), (centred - residuals + bias).astype(np.float32)
    assert best is not None
    return best[1], best[2]


def _prune(weights: NDArray[np.float32]) -> sparse.csr_matrix:
    """Set the weights below a share of each column's largest to 0."""
    size = np.abs(weights)
    return sparse.csr_matrix(np.where(size < PRUNE * size.max(axis=0), np.float32(0), weights))
