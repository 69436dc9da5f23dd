"""Score what the rows of an experiment gave: means over runs, intervals, paired tests, wins and losses."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tagkit.experiment.failure import explain
from tagkit.experiment.result import MULTI_BOOTSTRAP, RANDOMISATION, RowRun, Score, views_of
from tagkit.experiment.significance import bootstrap, holm, multi_bootstrap, multi_bootstrap_test, randomisation
from tagkit.experiment.spec import DEDUP, SEEN, TEST, Experiment, split_cell
from tagkit.measures import Measure, Run
from tagkit.measures.base import MeanMeasure
from tagkit.product import Dataset

Scores = dict[str, dict[str, dict[str, Score]]]


@dataclass(frozen=True)
class Tagged:
    """What a row gave.

    Attributes:
        data: The products: those that were tagged as `test`, and the train part that measures refer to.
        runs: One for each seed and fold; those of one seed tag all of `test`, in its order, fold after fold.
        counts: For each run how often each tag occurs in its train part, and how many products that has.
    """

    data: Dataset
    runs: Sequence[RowRun]
    counts: Sequence[tuple[Counter[str], int]]

    @property
    def seeds(self) -> list[int | None]:
        """The seeds, each once."""
        return list(dict.fromkeys(run.seed for run in self.runs))

    @property
    def folds(self) -> list[int] | None:
        """The fold of each tagged product; None where there are no folds."""
        first = [run for run in self.runs if run.seed == self.runs[0].seed]
        if len(first) == 1:
            return None
        return [run.fold or 0 for run in first for _ in range(run.n_products)]


def score(experiment: Experiment, tagged: Mapping[str, Tagged]) -> tuple[Scores, dict[str, str], dict[str, str]]:
    """Score all rows, and test each against the baseline where both have the same test products.

    Args:
        experiment: Its measures, those that are tested, its baseline, seed and number of samples.
        tagged: What each row gave.

    Returns:
        The scores (view → row → measure), the test of each row that was tested, and the reason for each row that a
        measure cannot score.
    """
    scores: Scores = {}
    tests: dict[str, str] = {}
    failed: dict[str, str] = {}
    for measure in experiment.measures:
        with suppress(Exception):  # what fails here fails again for each row, with the reason
            measure.prepare(_texts(measure, tagged.values()))
    for names in _groups(tagged):
        rows = {name: tagged[name] for name in names}
        data = rows[names[0]].data
        positions = views_of(data)
        columns = _columns(data, rows.values())
        for view, measure, wanted in _cells(experiment, names, positions):
            found: dict[str, _Row] = {}
            for name in wanted:
                if name not in failed:
                    try:
                        found[name] = _measure(measure, rows[name], positions[view], columns)
                    except Exception as error:  # whatever one row is, the others are scored
                        failed[name] = explain(error, f"{name} {measure}")
            cells = {name: _interval(experiment, measure, row) for name, row in found.items()}
            if experiment.baseline in found and measure in experiment.tested:
                cells = _tested(experiment, measure, found, cells, tests)
            for name, cell in cells.items():
                scores.setdefault(view, {}).setdefault(name, {})[str(measure)] = cell
    kept: Scores = {}
    for view in (TEST, DEDUP, SEEN):  # in the order of the experiment, and without the rows that failed
        table = scores.get(view, {})
        if ordered := {name: table[name] for name in tagged if name in table and name not in failed}:
            kept[view] = ordered
    return kept, tests, failed


@dataclass(frozen=True)
class _Row:
    """The statistics of each seed of a row on a view, the score of each run, and the fold of each product."""

    seeds: list[int | None]
    statistics: list[Any]
    values: list[float]
    folds: list[int] | None


def _groups(tagged: Mapping[str, Tagged]) -> list[list[str]]:
    """Return the names of rows by equal test products."""
    groups: list[list[str]] = []
    for name, row in tagged.items():
        for group in groups:
            other = tagged[group[0]].data
            if row.data is other or (row.data.test == other.test and row.data.train == other.train):
                group.append(name)
                break
        else:
            groups.append([name])
    return groups


def _texts(measure: Measure, rows: Iterable[Tagged]) -> Iterator[str]:
    """Yield the gold tags, and the tags of all rows that a measure looks at."""
    k = measure.params().get("k")
    for row in rows:
        yield from (tag for product in row.data.test for tag in product.tags)
        lists = (tags for run in row.runs for tags in run.tags or ())
        yield from (tag.text for tags in lists for tag in tags[: k if isinstance(k, int) else None])


def _cells(
    experiment: Experiment, names: Sequence[str], positions: Mapping[str, Sequence[int]]
) -> list[tuple[str, Measure, list[str]]]:
    """Return view, measure and rows of all cells: all measures on all and on new texts, on the others if expected."""
    expected = {name: {split_cell(cell) for cell in experiment.row(name).expected} for name in names}
    out = []
    for view in positions:
        for measure in experiment.measures:
            wanted = [name for name in names if view != SEEN or (view, str(measure)) in expected[name]]
            if wanted:
                out.append((view, measure, wanted))
    return out


def _columns(data: Dataset, rows: Any) -> dict[str, int]:
    """Return one column per tag, the same for all rows, so that their statistics can be added and paired."""
    names = dict.fromkeys(tag for product in data.test for tag in product.tags)
    names |= dict.fromkeys(tag.text for row in rows for run in row.runs for tags in run.tags for tag in tags)
    return {name: column for column, name in enumerate(names)}


def _measure(measure: Measure, row: Tagged, positions: Sequence[int], columns: Mapping[str, int]) -> _Row:
    """Return what a measure says of a row on a view.

    Each fold is measured against its own train part, but for measures whose statistics have one column per tag of
    train: those are added over the folds, so that all tags of the folds' train parts count.
    """
    found = _statistics(measure, row, positions, columns, row.counts)
    values = [_value(measure, statistics) for statistics in found]
    if len({statistics.shape[1] for statistics in found}) > 1:
        together: Counter[str] = Counter()
        for counts, _ in row.counts:
            together |= counts
        size = max(size for _, size in row.counts)
        found = _statistics(measure, row, positions, columns, [(together, size)] * len(row.runs))
    by_seed = {seed: [f for f, run in zip(found, row.runs, strict=True) if run.seed == seed] for seed in row.seeds}
    folds = row.folds
    return _Row(row.seeds, list(map(_stack, by_seed.values())), values, folds and [folds[i] for i in positions])


def _statistics(
    measure: Measure,
    row: Tagged,
    positions: Sequence[int],
    columns: Mapping[str, int],
    counts: Sequence[tuple[Counter[str], int]],
) -> list[Any]:
    """Return the statistics of each run on the products of a view that it tagged."""
    out = []
    wanted = set(positions)
    starts = dict.fromkeys(row.seeds, 0)
    for run, train in zip(row.runs, counts, strict=True):
        start = starts[run.seed]
        starts[run.seed] += run.n_products
        at = [i for i in range(start, start + run.n_products) if i in wanted]
        found = [(run.tags or [])[i - start] for i in at]
        products = [row.data.test[i] for i in at]
        out.append(measure.statistics(Run.of(row.data, found, products, train=train, columns=columns)))
    return out


def _stack(parts: Sequence[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    from scipy import sparse

    return sparse.vstack(parts).tocsr() if sparse.issparse(parts[0]) else np.vstack(parts)


def _value(measure: Measure, rows: Any) -> float:
    return float(measure.summarise(np.asarray(rows.sum(axis=0), dtype=float).ravel()))


def _interval(experiment: Experiment, measure: Measure, row: _Row) -> Score:
    options = {"samples": experiment.samples, "seed": experiment.seed}
    if len(row.values) == 1:
        value, low, high = bootstrap(measure, row.statistics[0], **options)
        sd = None
    else:
        value, low, high = multi_bootstrap(measure, row.statistics, row.folds, **options)
        sd = float(np.std(row.values))
        sd = None if math.isnan(sd) else sd
    if row.statistics[0].shape[0] < 2:
        low = high = math.nan
    return Score(value, low, high, sd, runs=tuple(row.values) if len(row.values) > 1 else ())


def _tested(
    experiment: Experiment,
    measure: Measure,
    rows: Mapping[str, _Row],
    cells: Mapping[str, Score],
    tests: dict[str, str],
) -> dict[str, Score]:
    """Return the scores with p-values and counts of wins, and note in `tests` which test each row had."""
    base = rows[experiment.baseline]
    others = [name for name in rows if name != experiment.baseline]
    options = {"samples": experiment.samples, "seed": experiment.seed}
    raw = []
    for name in others:
        row = rows[name]
        if len(base.values) == len(row.values) == 1:
            tests[name] = RANDOMISATION
            raw.append(randomisation(measure, base.statistics[0], row.statistics[0], **options))
        else:
            tests[name] = MULTI_BOOTSTRAP
            paired = base.seeds == row.seeds
            raw.append(
                multi_bootstrap_test(measure, base.statistics, row.statistics, row.folds, paired=paired, **options)
            )
    out = dict(cells)
    for name, p in zip(others, holm(raw), strict=True):
        counts = win_tie_loss(measure, base.statistics, rows[name].statistics)
        out[name] = replace(out[name], p=None if math.isnan(p) else p, **counts)
    return out


def win_tie_loss(measure: Measure, base: Sequence[Any], other: Sequence[Any]) -> dict[str, Any]:
    """Count the products on which `other` does better, equally well and worse than `base`, in the mean over runs.

    Args:
        measure: The measure.
        base: The statistics of each seed of one row.
        other: Those of the other row, for the same products.

    Returns:
        `wins`, `ties` and `losses`; nothing for a measure without a score per product.
    """
    if not isinstance(measure, MeanMeasure):
        return {}
    one, two = (sum(rows[1:], rows[0]) / len(rows) for rows in (base, other))
    counted = (one[:, 1] > 0) & (two[:, 1] > 0)
    gain = (two[counted, 0] - one[counted, 0]) * (1 if measure.better == "higher" else -1)
    wins, losses = int((gain > 1e-12).sum()), int((gain < -1e-12).sum())
    return {"wins": wins, "ties": len(gain) - wins - losses, "losses": losses}
