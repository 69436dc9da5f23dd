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
"""Up to so many training products the exact solution, its n by n matrix included, fits a small machine."""
TAGS_AT_ONCE = 512


class Linear(CleaningOptions, Tagger):
    """One-vs-rest least squares with an L2 penalty on TF-IDF of words and character 1- to 3-grams.

    The penalty is the one of 0.1, 0.3, 1 and 3 with the smallest leave-one-out squared error on train, which ridge
    regression gives in closed form (up to 12,000 training products; beyond, conjugate gradients with penalty 1).
    Weights below `prune` times a tag's largest are set to zero, which makes the model about twenty times smaller.
    Scores are calibrated by Platt scaling, one sigmoid for all tags, on dev; without dev, on the leave-one-out
    predictions (beyond 12,000 products on train itself).

    Args:
        penalty: A fixed penalty instead of the chosen one.
        min_count: Tags that occur less often in train are not learnt.
        prune: Share of a tag's largest weight below which a weight is dropped.
        limit: How many tags to give at most.

    Attributes:
        held_out_: After `fit` on at most 12,000 products the leave-one-out predictions, shape (products, tags), before
            calibration; None otherwise.

    Source: Rifkin and Klautau, In defense of one-vs-all classification (JMLR 2004); Platt, Probabilistic outputs for
    support vector machines (1999).
    """

    name = "linear"
    space: ClassVar[Space] = {
        "penalty": [None, 0.1, 0.3, 1.0, 3.0, 10.0],
        "min_count": (1, 5),
        "prune": (0.0, 0.2),
    }

    penalty: float | None = None
    min_count: int = 2
    prune: float = 0.05
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
            blocks = [x.T @ duals[:, i : i + TAGS_AT_ONCE] for i in range(0, y.shape[1], TAGS_AT_ONCE)]
        else:
            blocks, held_out = self._conjugate_gradients(x, y), None
        self.held_out_ = held_out
        self.weights_ = sparse.hstack([_pruned(block, self.prune) for block in blocks]).tocsr()
        judged = [product for product in dev if product.tags]
        if judged:
            self.scale_, self.shift_ = platt(self._raw(judged), targets(judged, self.tags_))
        else:
            self.scale_, self.shift_ = platt(self._raw(train) if held_out is None else held_out, y)

    def _conjugate_gradients(self, x: sparse.csr_matrix, y: sparse.csr_matrix) -> list[NDArray[np.float32]]:
        """Return the weights of blocks of tags, each of shape (d, tags of the block)."""
        blocks = []
        for start in range(0, y.shape[1], TAGS_AT_ONCE):
            columns = slice(start, start + TAGS_AT_ONCE)
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
        for start in range(0, len(products), TAGS_AT_ONCE):
            for row in self._raw(products[start : start + TAGS_AT_ONCE]):
                best = np.argpartition(-row, self.limit)[: self.limit] if len(row) > self.limit else range(len(row))
                scores = np.round(expit(self.scale_ * row[best] + self.shift_), 6)
                rows.append(ranked(((self.tags_[i], s) for i, s in zip(best, scores, strict=True) if s), self.name))
        return rows

    def _state(self) -> State:
        state: State = {"features": self._features.state()}
        learned = {"weights": self.weights_, "bias": self.bias_, "scale": self.scale_, "shift": self.shift_}
        return state | learned | {"tags": self.tags_}

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
    kernel = (x @ x.T).toarray().astype(np.float64)  # 32-bit floats give other tags on other processors
    centred = y.toarray() - bias.astype(np.float64)
    best: tuple[float, NDArray[np.float32], NDArray[np.float32]] | None = None
    for penalty in penalties:
        factor = cholesky(kernel + penalty * sparse.eye_array(len(kernel)), lower=True, overwrite_a=True)
        duals = cho_solve((factor, True), centred)
        root, _ = dtrtri(factor, lower=True, overwrite_c=True)
        diagonal = np.einsum("ij,ij->j", root, root)  # of the inverse, at half the cost of the whole of it
        residuals = duals / diagonal[:, None]
        error = float(np.square(residuals).mean())
        if best is None or error < best[0]:
            best = error, duals.astype(np.float32), (centred - residuals + bias).astype(np.float32)
    assert best is not None
    return best[1], best[2]


def _pruned(weights: NDArray[np.float32], share: float) -> sparse.csr_matrix:
    """Drop the weights below a share of each column's largest."""
    size = np.abs(weights)
    return sparse.csr_matrix(np.where(size < share * size.max(axis=0), np.float32(0), weights))
