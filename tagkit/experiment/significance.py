"""Bootstrap intervals, paired randomisation tests and Holm's correction, vectorised over all samples.

All work on the additive statistics of a measure (one row per product), so they serve every measure alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.measures import Measure

CHUNK = 8_000_000
"""Numbers held at a time while resampling."""
BIAS = 0.25
"""Standard errors up to which the bootstrap's bias can be neglected (Efron and Tibshirani, section 10.2)."""


def bootstrap(
    measure: Measure, statistics: Any, *, samples: int = 1000, level: float = 0.95, seed: int = 0
) -> tuple[float, float, float]:
    """Return a figure with its percentile bootstrap interval over products.

    A sample holds fewer different products than the test part, so for figures that grow with variety (coverage,
    distinct tags) all samples can lie on one side of the figure. Where the mean of the samples is off by more than
    `BIAS` standard errors, the interval is shifted by that difference.

    Args:
        measure: The measure.
        statistics: What `measure.statistics` gave, shape (n, m).
        samples: How many times n products are drawn with replacement.
        level: The share of samples inside the interval.
        seed: Of the draws.

    Returns:
        The figure, the lower and the upper end (NaN where undefined).

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 10 (bias) and 13 (intervals).
    """
    n = statistics.shape[0]
    value = float(measure.summarise(_sum(statistics)))
    if n == 0 or np.isnan(value):
        return value, float("nan"), float("nan")
    chunks = _chunks(_resample, samples, statistics.shape, seed)
    drawn = np.concatenate([measure.summarise(_product(weights, statistics)) for weights in chunks])
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return value, float("nan"), float("nan")
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    bias = drawn.mean() - value
    if abs(bias) > BIAS * drawn.std() + 1e-12:
        low, high = low - bias, high - bias
    return value, float(low), float(high)


def randomisation(measure: Measure, first: Any, second: Any, *, samples: int = 1000, seed: int = 0) -> float:
    """Return the two-sided p-value of a paired randomisation test between two strategies on the same products.

    Under the null hypothesis the two answers for a product could be exchanged, so each sample exchanges a random half.

    Args:
        measure: The measure.
        first: Its statistics for one strategy, shape (n, m).
        second: Its statistics for the other, with the same products and columns in the same order.
        samples: How many random exchanges.
        seed: Of the exchanges.

    Returns:
        (1 + number of samples with a difference at least as large) / (1 + number of samples), counting the samples in
        which the difference is defined; NaN where the difference itself is not.

    Source: Smucker, Allan and Carterette, A Comparison of Statistical Significance Tests for Information Retrieval
    Evaluation (CIKM 2007).
    """
    total_one, total_two = _sum(first), _sum(second)
    observed = abs(float(measure.summarise(total_two) - measure.summarise(total_one)))
    if np.isnan(observed):
        return float("nan")
    # exchanging product i moves its row of (second - first) from one sum to the other
    rows = second - first
    least = observed * (1 - 1e-9) - 1e-12  # sums in another order differ in their last digits
    larger = defined = 0
    for swap in _chunks(_exchange, samples, first.shape, seed):
        moved = _product(swap, rows)
        difference = np.abs(measure.summarise(total_two - moved) - measure.summarise(total_one + moved))
        defined += int((~np.isnan(difference)).sum())
        larger += int((difference >= least).sum())
    return (1 + larger) / (1 + defined)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for several tests by Holm's step-down method (Holm 1979); NaN stays NaN."""
    p = np.asarray(p_values, dtype=float)
    out = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    highest = 0.0
    for rank, index in enumerate(known[np.argsort(p[known], kind="stable")]):
        highest = max(highest, min(1.0, p[index] * (len(known) - rank)))
        out[index] = highest
    return out.tolist()


def _sum(statistics: Any) -> NDArray[np.float64]:
    return np.asarray(statistics.sum(axis=0), dtype=float).ravel()


def _product(weights: NDArray[Any], statistics: Any) -> NDArray[np.float64]:
    """Sum the rows with each sample's weights: (samples, n) by (n, m) to (samples, m)."""
    if sparse.issparse(statistics):
        return np.asarray((statistics.T @ weights.T.astype(float)).T)
    return weights.astype(float) @ statistics


def _resample(rng: np.random.Generator, size: int, n: int) -> NDArray[Any]:
    """Return how often each of n products is drawn in each of `size` samples."""
    return rng.multinomial(n, np.full(n, 1 / n), size=size).astype(np.int32)


def _exchange(rng: np.random.Generator, size: int, n: int) -> NDArray[Any]:
    """Return which of n products exchange their answers in each of `size` samples."""
    return rng.random((size, n)) < 0.5


Draw = Callable[[np.random.Generator, int, int], NDArray[Any]]


def _chunks(draw: Draw, samples: int, shape: tuple[int, int], seed: int) -> Iterator[NDArray[Any]]:
    """Give the samples in chunks that fit the memory, the same ones for the same seed whatever the chunks."""
    n = shape[0]
    step = max(1, CHUNK // max(1, *shape))
    if samples * n <= CHUNK:
        drawn = _kept(draw, samples, n, seed)
        yield from (drawn[start : start + step] for start in range(0, samples, step))
        return
    rng = np.random.default_rng(seed)
    yield from (draw(rng, min(step, samples - start), n) for start in range(0, samples, step))


@lru_cache(maxsize=4)
def _kept(draw: Draw, samples: int, n: int, seed: int) -> NDArray[Any]:
    """Draw all samples at once and keep them: all strategies and measures of a comparison share them."""
    return draw(np.random.default_rng(seed), samples, n)
