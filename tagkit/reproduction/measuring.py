"""Measure what a system gave: mean and spread over seeds, intervals, all views; and paired tests between systems."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tagkit.measures import Run, parse
from tagkit.product import Dataset
from tagkit.reproduction.form import DEDUP, SEEN, TEST, Experiment, System, split_cell
from tagkit.results import StrategyResult
from tagkit.significance import bootstrap, holm, randomisation

SAMPLES = 1000


@dataclass(frozen=True)
class Figure:
    """A measured cell, in the experiment's unit.

    Attributes:
        value: Mean over seeds.
        spread: Standard deviation over seeds; None for a single run.
        low, high: Ends of the bootstrap 95 % interval over products; None where there is none.
        p: Against the baseline, Holm-corrected; None where not tested.
    """

    value: float
    spread: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None

    def to_dict(self) -> dict[str, float | None]:
        """Return it as plain JSON values."""
        return asdict(self)


def views(data: Dataset) -> dict[str, list[int]]:
    """Return the positions of the test products by view; the views of shared texts only where there are some."""
    fresh = {product.id for product in data.unseen()}
    everything = list(range(len(data.test)))
    parts = {DEDUP: [i for i in everything if data.test[i].id in fresh]}
    parts[SEEN] = [i for i in everything if data.test[i].id not in fresh]
    return {TEST: everything} | (parts if all(parts.values()) else {})


def cells(
    experiment: Experiment, system: System, data: Dataset, runs: Sequence[StrategyResult], samples: int = SAMPLES
) -> dict[str, Figure]:
    """Return a system's figures by cell: the measures on test, what is expected, and, with shared texts, `dedup`.

    Args:
        experiment: Its measures and its unit.
        system: The system.
        data: Its products.
        runs: One for each seed.
        samples: Of the bootstrap.

    Raises:
        BadInput: A measure needs what the products or tags do not have.
    """
    found = views(data)
    first = experiment.measures[0]
    wanted = dict.fromkeys([*experiment.measures, *system.expected])
    if DEDUP in found:
        wanted |= {f"{DEDUP}/{first}": None}
    counts = Counter(tag for product in data.train for tag in product.tags)
    columns = _columns(data, runs)
    out = {}
    for cell in wanted:
        view, name = split_cell(cell)
        if view not in found:
            continue
        measure = parse(name)
        rows = [measure.statistics(_run(data, run, found[view], counts, columns)) for run in runs]
        values = [float(measure.summarise(np.asarray(row.sum(axis=0), dtype=float).ravel())) for row in rows]
        _, low, high = bootstrap(measure, sum(rows[1:], rows[0]) / len(rows), samples=samples)
        scale = experiment.scale
        spread = scale * statistics.pstdev(values) if len(values) > 1 else None
        ends = (None, None) if math.isnan(low) or len(found[view]) < 2 else (scale * low, scale * high)
        out[cell] = Figure(scale * statistics.fmean(values), spread, *ends)
    return out


def tests(
    experiment: Experiment, runs: Mapping[str, tuple[Dataset, Sequence[StrategyResult]]], samples: int = SAMPLES
) -> dict[str, float]:
    """Test each system against the baseline on the first measure, product by product, with Holm's correction.

    Several seeds of a system count by the mean of their statistics.

    Args:
        experiment: Its first measure and its baseline.
        runs: Products and runs by system.
        samples: Random exchanges.

    Returns:
        The corrected two-sided p-values by system; none where the baseline did not run. Systems with other test
        products than the baseline are left out.
    """
    if experiment.baseline not in runs:
        return {}
    base = runs[experiment.baseline][0]
    paired = {name: found for name, (data, found) in runs.items() if data.test == base.test}
    measure = parse(experiment.measures[0])
    columns = _columns(base, [run for found in paired.values() for run in found])
    counts = Counter(tag for product in base.train for tag in product.tags)
    everything = range(len(base.test))
    rows: dict[str, Any] = {}
    for name, found in paired.items():
        parts = [measure.statistics(_run(base, run, everything, counts, columns)) for run in found]
        rows[name] = sum(parts[1:], parts[0]) / len(parts)
    others = [name for name in rows if name != experiment.baseline]
    raw = [randomisation(measure, rows[experiment.baseline], rows[name], samples=samples) for name in others]
    return {name: p for name, p in zip(others, holm(raw), strict=True) if not math.isnan(p)}


def _run(
    data: Dataset, result: StrategyResult, places: Sequence[int], counts: Counter[str], columns: dict[str, int]
) -> Run:
    return Run(
        [result.tags[i] for i in places],
        products=[data.test[i] for i in places],
        train_counts=counts,
        train_size=len(data.train),
        columns=columns,
    )


def _columns(data: Dataset, runs: Sequence[StrategyResult]) -> dict[str, int]:
    """Give each tag a column that all runs share, so that their statistics can be added and paired."""
    names = dict.fromkeys(tag for product in data.test for tag in product.tags)
    names |= dict.fromkeys(tag.text for run in runs for row in run.tags for tag in row)
    return {name: column for column, name in enumerate(names)}
