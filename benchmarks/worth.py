"""What each measure is worth: how well it tells strategies apart, and which measures say the same.

    python benchmarks/worth.py [MEASURE ...]

Every strategy of `kept_tags` is fitted on four data sets, and its lists for 200 test products of each are scored. Per
data set, the signal of a measure is the standard deviation of its scores between the strategies, and its noise the
mean half-width of their 95 % bootstrap intervals over products. Two strategies are told apart where the interval of
their difference, from the same samples of products, does not hold 0. Two measures say the same where Spearman's
correlation of their scores is at least 0.95, or at most -0.95, on every data set.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from kept_tags import DATA, LEFT_OUT, MEASURES, STRATEGIES, products, strategies, tags
from numpy.typing import NDArray
from results_file import write
from scipy.stats import spearmanr

from tagkit.errors import TagkitError
from tagkit.measures import Run, parse_all
from tagkit.product import Dataset

SAMPLES, CHUNK, SAME = 1000, 100, 0.95
MOST = 200
"""So many test products of each data set are looked at, drawn at random, so that their noise can be compared."""
LENGTH = "(tags per list)"
BESIDE = (LENGTH, "F1@M", "semantic-F1@M", "semantic-Vendi@10", "ILD@10", "coverage@10", "novelty@10")
"""What the others are correlated with in the second table."""
Scores = dict[str, NDArray[np.float64]]


def main() -> None:
    """Score everything, and write the two tables."""
    warnings.filterwarnings("ignore", category=RuntimeWarning)  # a measure may be constant or undefined on a data set
    found = {name: scores_of(products(name), sys.argv[1:] or MEASURES) for name in DATA}
    names = list(dict.fromkeys(name for scores in found.values() for name in scores))
    rows: dict[str, dict[str, Any]] = {}
    for name in names:
        scores = {data: table[name] for data, table in found.items() if name in table}
        rows[name] = {f"signal / noise, {data}": signal_to_noise(table) for data, table in scores.items()}
        shares = [told_apart(table) for table in scores.values()]
        rows[name]["pairs told apart, %"] = round(100 * float(np.mean(shares)))
    rows = dict(sorted(rows.items(), key=lambda row: -row[1]["pairs told apart, %"]))
    kept: list[str] = []
    for name, row in rows.items():
        same = [other for other in kept if _is_same(found, name, other)]
        row["says the same as"] = ", ".join(same)
        kept += [] if same else [name]
    without = "; ".join(f"{data} without {' and '.join(names)}" for data, names in LEFT_OUT.items())
    who = f"{len(STRATEGIES)} strategies ({', '.join(STRATEGIES)}; {without})"
    note = f"{who}, at most {MOST} test products of each data set."
    write("worth", rows, rows="measure", note=note)
    rho = {
        name: {other: _rounded(np.nanmedian(correlations(found, name, other)), 2) for other in BESIDE} for name in rows
    }
    note = "Spearman's correlation over the strategies, median over the data sets."
    write("worth_correlations", rho, rows="measure", note=note)


def scores_of(data: Dataset, measures: Sequence[str]) -> Scores:
    """Return per measure the scores of the strategies, on the test products first and then on each sample of them.

    Returns:
        Arrays of the shape (1 + samples, strategies); without the measures for which the data lacks something.
    """
    chosen = sorted(random.Random(0).sample(range(len(data.test)), min(MOST, len(data.test))))
    test = [data.test[at] for at in chosen]
    found = {strategy: tags(data, strategy) for strategy in strategies(data)}
    lists = {strategy: [rows[at] for at in chosen] for strategy, rows in found.items()}
    names = dict.fromkeys(tag for product in test for tag in product.tags)
    names |= dict.fromkeys(tag.text for rows in lists.values() for row in rows for tag in row)
    columns = {name: column for column, name in enumerate(names)}
    runs = [Run.of(data, rows, test, columns=columns) for rows in lists.values()]
    n = len(test)
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=SAMPLES)
    weights = np.vstack([np.ones(n), drawn])
    out = {LENGTH: weights @ np.column_stack([one.lengths for one in runs]) / n}
    for measure in parse_all(measures):
        try:
            statistics = [measure.statistics(one) for one in runs]
        except TagkitError as error:
            print(f"{data.name}: {measure} is left out: {error}", flush=True)
            continue
        chunks = [weights[at : at + CHUNK] for at in range(0, len(weights), CHUNK)]
        sums = ([(rows.T @ chunk.T).T for chunk in chunks] for rows in statistics)
        out[str(measure)] = np.column_stack([np.concatenate(list(map(measure.summarise, parts))) for parts in sums])
    return out


def signal_to_noise(scores: NDArray[np.float64]) -> float | None:
    """Return the standard deviation between strategies over the mean half-width of their intervals; None: 0 / 0."""
    low, high = np.nanquantile(scores[1:], [0.025, 0.975], axis=0)
    return _rounded(np.nanstd(scores[0]) / np.nanmean((high - low) / 2), 1)


def told_apart(scores: NDArray[np.float64]) -> float:
    """Return the share of the pairs of strategies whose difference has an interval without 0."""
    apart = []
    for one, two in combinations(range(scores.shape[1]), 2):
        difference = scores[:, one] - scores[:, two]
        # a sample holds fewer different products, which moves measures of variety: the shift is taken back
        drawn = difference[1:] - np.nanmean(difference[1:]) + difference[0]
        low, high = np.nanquantile(drawn, [0.025, 0.975])
        apart.append(low > 0 or high < 0)
    return float(np.mean(apart))


def correlations(found: dict[str, Scores], one: str, two: str) -> list[float]:
    """Return Spearman's correlation of two measures over the strategies, on each data set that has both."""
    pairs = [(table[one][0], table[two][0]) for table in found.values() if one in table and two in table]
    return [float(spearmanr(a, b, nan_policy="omit").statistic) for a, b in pairs]


def _is_same(found: dict[str, Scores], name: str, other: str) -> bool:
    """Tell whether a measure ranks the strategies as another one does, wherever it can be computed."""
    has_both = all(other in table for table in found.values() if name in table)
    return has_both and all(abs(rho) >= SAME for rho in correlations(found, name, other))


def _rounded(value: np.floating[Any], digits: int) -> float | None:
    return None if np.isnan(value) else round(float(value), digits)


if __name__ == "__main__":
    main()
