"""Measure what a system gave: mean and spread over seeds, intervals, all views; and paired tests between systems."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tagkit.experiment._old_result import StrategyResult, columns_of, counts_of, run_of, views_of
from tagkit.experiment._old_spec import DEDUP, SEEN, TEST, Experiment, System, split_cell
from tagkit.experiment.significance import bootstrap, holm, randomisation
from tagkit.measures import parse
from tagkit.product import Dataset

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
    found = views_of(data)
    if DEDUP in found:
        found[SEEN] = sorted(set(found[TEST]) - set(found[DEDUP]))
    return found


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
    counts, columns = counts_of(data), columns_of(data, runs)
    out = {}
    for cell in wanted:
        view, name = split_cell(cell)
        if view not in found:
            continue
        measure = parse(name)
        rows = [measure.statistics(run_of(data, run, found[view], columns, counts)) for run in runs]
        values = [float(measure.summarise(np.asarray(row.sum(axis=0), dtype=float).ravel())) for row in rows]
        _, low, high = bootstrap(measure, _mean(rows), samples=samples)
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
    columns, counts = columns_of(base, [run for found in paired.values() for run in found]), counts_of(base)
    everything = range(len(base.test))
    rows = {
        name: _mean([measure.statistics(run_of(base, run, everything, columns, counts)) for run in found])
        for name, found in paired.items()
    }
    others = [name for name in rows if name != experiment.baseline]
    raw = [randomisation(measure, rows[experiment.baseline], rows[name], samples=samples) for name in others]
    return {name: p for name, p in zip(others, holm(raw), strict=True) if not math.isnan(p)}


def _mean(rows: Sequence[Any]) -> Any:
    """Return the mean of the statistics of several runs, dense or sparse."""
    return sum(rows[1:], rows[0]) / len(rows)
