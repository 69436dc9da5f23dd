"""What each measure is worth: how well it tells strategies apart, and which measures say the same.

    python benchmarks/worth.py [MEASURE ...]

Every strategy of `kept_tags` is fitted on four data sets, and its lists for the test products are scored. Per data
set, the signal of a measure is the standard deviation of its scores between the strategies, and its noise the mean
half-width of their 95 % bootstrap intervals over products. Two strategies are told apart where the interval of their
difference, from the same samples of products, does not hold 0. Two measures say the same where Spearman's correlation
of their scores is at least 0.95, or at most -0.95, on every data set.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from kept_tags import DATA, MEASURES, STRATEGIES, products, tags
from numpy.typing import NDArray
from results_file import write
from scipy.stats import spearmanr

from tagkit.errors import TagkitError
from tagkit.measures import Run, parse_all
from tagkit.product import Dataset

SAMPLES, CHUNK, SAME = 1000, 100, 0.95
Scores = dict[str, NDArray[np.float64]]


def main() -> None:
    """Score everything, and write the two tables."""
    found = {name: scores_of(products(name), sys.argv[1:] or MEASURES) for name in DATA}
    names = list(dict.fromkeys(name for scores in found.values() for name in scores))
    rows: dict[str, dict[str, Any]] = {}
    for name in names:
        scores = {data: table[name] for data, table in found.items() if name in table}
        rows[name] = {f"signal / noise, {data}": round(signal_to_noise(table), 1) for data, table in scores.items()}
        rows[name]["pairs told apart, %"] = round(
            100 * float(np.mean([told_apart(table) for table in scores.values()]))
        )
    rows = dict(sorted(rows.items(), key=lambda row: -row[1]["pairs told apart, %"]))
    kept: list[str] = []
    for name, row in rows.items():
        same = [other for other in kept if all(abs(rho) >= SAME for rho in correlations(found, name, other))]
        row["says the same as"] = ", ".join(same)
        kept += [] if same else [name]
    note = f"{len(STRATEGIES)} strategies ({', '.join(STRATEGIES)}), {SAMPLES:,} samples of the test products."
    write("worth", rows, rows="measure", note=note)
    rho = {a: {b: round(float(np.median(correlations(found, a, b))), 2) for b in kept} for a in kept}
    note = "Median over the data sets of Spearman's correlation between strategies; measures that say the same once."
    write("worth_correlations", rho, rows="measure", note=note)


def scores_of(data: Dataset, measures: Sequence[str]) -> Scores:
    """Return per measure the scores of the strategies, on all test products first and then on each sample of them.

    Returns:
        Arrays of the shape (1 + samples, strategies); without the measures for which the data lacks something.
    """
    lists = {strategy: tags(data, strategy) for strategy in STRATEGIES}
    names = dict.fromkeys(tag for product in data.test for tag in product.tags)
    names |= dict.fromkeys(tag.text for rows in lists.values() for row in rows for tag in row)
    columns = {name: column for column, name in enumerate(names)}
    runs = [Run.of(data, rows, data.test, columns=columns) for rows in lists.values()]
    n = len(data.test)
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=SAMPLES)
    weights = np.vstack([np.ones(n), drawn])
    out = {}
    for measure in parse_all(measures):
        try:
            measure.prepare(columns)
            statistics = [measure.statistics(one) for one in runs]
        except TagkitError as error:
            print(f"{data.name}: {measure} is left out: {error}", flush=True)
            continue
        chunks = [weights[at : at + CHUNK] for at in range(0, len(weights), CHUNK)]
        sums = ([(rows.T @ chunk.T).T for chunk in chunks] for rows in statistics)
        out[str(measure)] = np.column_stack([np.concatenate(list(map(measure.summarise, parts))) for parts in sums])
    return out


def signal_to_noise(scores: NDArray[np.float64]) -> float:
    """Return the standard deviation between strategies over the mean half-width of their intervals."""
    low, high = np.nanquantile(scores[1:], [0.025, 0.975], axis=0)
    return float(np.nanstd(scores[0]) / np.nanmean((high - low) / 2))


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


if __name__ == "__main__":
    main()
