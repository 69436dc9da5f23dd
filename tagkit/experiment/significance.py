"""Confidence intervals, paired tests and Holm's correction, vectorised over all samples.

All work on the additive statistics of a measure (one row per product), so they serve every measure alike.

A row with a single run has an interval over products (`bootstrap`) and is tested by exchanging the answers for single
products (`randomisation`). Where a row has several runs (seeds, folds), both would treat one training outcome as if it
were the only possible one: two rows that differ by the luck of their seeds would pass as different (Dror et al. 2019;
Bouthillier et al. 2021). `multi_bootstrap` therefore resamples at two levels, runs and products, in the crossed design
of the MultiBERTs: every sample draws seeds with replacement, and independently the products, the same for all seeds.
With folds, the products of a fold share one training run; so folds are drawn first and then products within the drawn
folds. It was chosen over a permutation test because exchanging runs between two rows has only a handful of outcomes for
three seeds, and over deep-dominance tests because it serves measures that are no mean over products as well. With few
runs it errs on the narrow side, as every bootstrap of a small sample does.

Sources: Dror, Shlomov and Reichart, Deep Dominance (ACL 2019); Bouthillier et al., Accounting for Variance in Machine
Learning Benchmarks (MLSys 2021); Sellam et al., The MultiBERTs (ICLR 2022), sections 4 and 5; Davison and Hinkley,
Bootstrap Methods and their Application (1997), section 3.8 (hierarchical data).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.measures import Measure

CHUNK = 8_000_000
"""Numbers held at a time while resampling."""
Draw = Callable[[np.random.Generator, int, int], NDArray[Any]]
BIAS = 0.25
"""Standard errors up to which the bootstrap's bias can be neglected (Efron and Tibshirani, section 10.2)."""


def bootstrap(
    measure: Measure, statistics: Any, *, samples: int = 1000, level: float = 0.95, seed: int = 0
) -> tuple[float, float, float]:
    """Return a score with its percentile bootstrap interval over products.

    A sample holds fewer different products than the test part, so for scores that grow with variety (coverage,
    distinct tags) all samples can lie on one side of the score. Where the mean of the samples is off by more than
    `BIAS` standard errors, the interval is shifted by that difference, but not beyond the bounds of the measure.

    Args:
        measure: The measure.
        statistics: What `measure.statistics` gave, shape (n, m).
        samples: How many times n products are drawn with replacement.
        level: The share of samples inside the interval.
        seed: Of the draws.

    Returns:
        The score, the lower and the upper end (NaN where undefined).

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 10 (bias) and 13 (intervals).
    """
    n = statistics.shape[0]
    value = float(measure.summarise(_sum(statistics)))
    if n == 0 or np.isnan(value):
        return value, float("nan"), float("nan")
    chunks = _chunks(_resample, samples, statistics.shape, seed)
    drawn = np.concatenate([measure.summarise(_product(weights, statistics)) for weights in chunks])
    return (value, *_ends(measure, drawn, value, level))


def randomisation(measure: Measure, first: Any, second: Any, *, samples: int = 1000, seed: int = 0) -> float:
    """Return the two-sided p-value of a paired randomisation test between two strategies on the same products.

    Under the null hypothesis the two answers for a product could be exchanged, so each sample exchanges a random half
    of them (a permutation within products).

    Args:
        measure: The measure.
        first: Its statistics for one strategy, shape (n, m).
        second: Its statistics for the other, with the same products and columns in the same order.
        samples: How many random permutations.
        seed: Of the permutations.

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


def multi_bootstrap(
    measure: Measure,
    runs: Sequence[Any],
    folds: Sequence[int] | None = None,
    *,
    samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Return the mean score of several runs with an interval over runs and products.

    Args:
        measure: The measure.
        runs: The statistics of each seed, all of shape (n, m) with the same products in the same order.
        folds: The fold of each product where there are several folds.
        samples: Number of samples.
        level: The share of samples inside the interval.
        seed: Of the draws.

    Returns:
        The score, the lower and the upper end (NaN where undefined); the interval is corrected for bias as in
        `bootstrap`.
    """
    value = float(np.mean([measure.summarise(_sum(statistics)) for statistics in runs]))
    if runs[0].shape[0] == 0 or np.isnan(value):
        return value, float("nan"), float("nan")
    drawn = _multi_samples(measure, runs, folds, _seed_weights(len(runs), samples, seed), samples, seed)
    return (value, *_ends(measure, drawn, value, level))


def multi_bootstrap_test(
    measure: Measure,
    first: Sequence[Any],
    second: Sequence[Any],
    folds: Sequence[int] | None = None,
    *,
    paired: bool = False,
    samples: int = 1000,
    seed: int = 0,
) -> float:
    """Return the two-sided p-value of a difference between two rows of which at least one has several runs.

    Args:
        measure: The measure.
        first: The statistics of each seed of one row, all of shape (n, m).
        second: Those of the other row, with the same products and columns in the same order.
        folds: The fold of each product where there are several folds.
        paired: Whether the two rows have the same seeds, which are then drawn together.
        samples: Number of samples.
        seed: Of the draws.

    Returns:
        Twice the share of samples whose difference lies on the rarer side of zero, at most 1; NaN where the difference
        is undefined.
    """
    means = [np.mean([measure.summarise(_sum(statistics)) for statistics in runs]) for runs in (first, second)]
    difference = float(means[1] - means[0])
    if np.isnan(difference):
        return float("nan")
    one = _seed_weights(len(first), samples, seed)
    other = one if paired else _seed_weights(len(second), samples, seed + 1)
    drawn = _multi_samples(measure, second, folds, other, samples, seed)
    drawn = drawn - _multi_samples(measure, first, folds, one, samples, seed)
    drawn = _unbiased(drawn[~np.isnan(drawn)], difference)
    rarer = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (1 + rarer) / (1 + len(drawn)))


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


def _ends(measure: Measure, drawn: NDArray[np.float64], value: float, level: float) -> tuple[float, float]:
    """Return the ends of the percentile interval of bootstrap samples, NaN where none is defined."""
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return float("nan"), float("nan")
    ends = np.quantile(_unbiased(drawn, value), [(1 - level) / 2, (1 + level) / 2])
    low, high = np.clip(ends, *measure.bounds).tolist()
    return low, high


def _unbiased(drawn: NDArray[np.float64], value: float) -> NDArray[np.float64]:
    """Return bootstrap samples, shifted where their mean is off by more than `BIAS` standard errors."""
    if not len(drawn):
        return drawn
    bias = drawn.mean() - value
    return drawn - bias if abs(bias) > BIAS * drawn.std() + 1e-12 else drawn


def _seed_weights(count: int, samples: int, seed: int) -> NDArray[np.float64]:
    """Return the weight of each run in each sample, shape (samples, count): runs drawn with replacement."""
    rng = np.random.default_rng([seed, count])
    return rng.multinomial(count, np.full(count, 1 / count), size=samples) / count


def _multi_samples(
    measure: Measure,
    runs: Sequence[Any],
    folds: Sequence[int] | None,
    weights: NDArray[np.float64],
    samples: int,
    seed: int,
) -> NDArray[np.float64]:
    """Return the score of each sample: the weighted mean over runs, each measured on the products of the sample."""
    draw = _resample if folds is None else _resample_in(tuple(folds))
    total = np.zeros(samples)
    for run, statistics in enumerate(runs):
        chunks = _chunks(draw, samples, statistics.shape, seed)
        found = np.concatenate([measure.summarise(_product(drawn, statistics)) for drawn in chunks])
        total += np.where(weights[:, run] > 0, weights[:, run] * found, 0.0)
    return total


@lru_cache(maxsize=4)
def _resample_in(folds: tuple[int, ...]) -> Draw:
    """Return `_resample_folds` for given folds: the same object for equal folds, so that its draws are cached."""
    return partial(_resample_folds, folds)


def _resample_folds(folds: tuple[int, ...], rng: np.random.Generator, size: int, n: int) -> NDArray[Any]:
    """Return how often each of n products is drawn in each of `size` samples: folds first, then products in them."""
    names, sizes = np.unique(folds, return_counts=True)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=size)
    out = np.zeros((size, n), dtype=np.int32)
    for fold, (name, count) in enumerate(zip(names, sizes, strict=True)):
        members = np.flatnonzero(np.asarray(folds) == name)
        out[:, members] = rng.multinomial(drawn[:, fold] * count, np.full(count, 1 / count))
    return out


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


def _chunks(draw: Draw, samples: int, shape: tuple[int, int], seed: int) -> Iterator[NDArray[Any]]:
    """Give the samples in chunks that fit the memory, the same ones for the same seed whatever the chunks."""
    n = shape[0]
    step = max(1, CHUNK // max(1, *shape))
    if samples * n <= CHUNK:
        drawn = _cached(draw, samples, n, seed)
        yield from (drawn[start : start + step] for start in range(0, samples, step))
        return
    rng = np.random.default_rng(seed)
    yield from (draw(rng, min(step, samples - start), n) for start in range(0, samples, step))


@lru_cache(maxsize=4)
def _cached(draw: Draw, samples: int, n: int, seed: int) -> NDArray[Any]:
    """Draw all samples at once and cache them: all rows and measures of an experiment share them."""
    return draw(np.random.default_rng(seed), samples, n)
