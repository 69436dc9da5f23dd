"""Read what experiments and benchmarks measured, for the tables of the documentation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

from tagkit.experiment import store
from tagkit.experiment.environment import machine_kind
from tagkit.experiment.load import load_experiment
from tagkit.experiment.result import Result
from tagkit.experiment.spec import Row

ROOT = Path(__file__).parents[2]
EXPERIMENTS = ROOT / "experiments"
BENCHMARKS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True)
class Score:
    """One score of a row.

    Attributes:
        value: The score, in the unit of the experiment.
        sd: The standard deviation over runs, None for a single run.
        low: The lower end of its 95 % bootstrap interval, None where there is none.
        high: The upper end.
        p: The p-value against the baseline after Holm's correction, None where there is no test.
    """

    value: float | None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class StoredRow:
    """A row of an experiment: what was asked and, where it ran, what was measured.

    Attributes:
        name: The row's name.
        scores: The scores by measure; those of the source for a cited row.
        strategy: The strategy; "" for a cited row.
        cited: Whether the scores are those of a publication, not measured here.
        seconds: How long fitting and tagging took, for all seeds together.
        date: When it was measured.
        machine: What it was measured on.
        seeds: How many seeds it was measured with.
    """

    name: str
    scores: dict[str, Score]
    strategy: str = ""
    cited: bool = False
    seconds: float | None = None
    date: str = ""
    machine: str = ""
    seeds: int = 1


@dataclass(frozen=True)
class StoredExperiment:
    """An experiment as its file declares it, with what is stored of its rows."""

    name: str
    title: str
    source: str
    link: str
    protocol: str
    data: str
    measures: tuple[str, ...]
    baseline: str
    rows: tuple[StoredRow, ...]


def names() -> list[str]:
    """Return the names of all experiments."""
    return sorted(path.stem for path in EXPERIMENTS.glob("*.yaml"))


def experiment(name: str) -> StoredExperiment:
    """Return an experiment and what is stored of it.

    Raises:
        FileNotFoundError: There is no such experiment.
    """
    declared = load_experiment(EXPERIMENTS / f"{name}.yaml")
    found = store.merge(Result(declared), EXPERIMENTS)
    cells = dict.fromkeys(cell for row in declared.rows for cell in declared.cells(row))
    return StoredExperiment(
        name,
        declared.title,
        ". ".join(filter(None, (declared.source.get("paper"), declared.source.get("table")))),
        declared.source.get("link", ""),
        declared.protocol,
        declared.data.label,
        tuple(cells),
        declared.baseline,
        tuple(_row(found, row) for row in declared.rows),
    )


def benchmark(name: str) -> dict[str, Any]:
    """Return the stored results of a benchmark: its command, machine, date and figures."""
    return json.loads((BENCHMARKS / f"{name}.json").read_text(encoding="utf-8"))


def _row(result: Result, row: Row) -> StoredRow:
    found = result.rows.get(row.name)
    scores = {}
    for name in result.experiment.cells(row):
        cell = result.cell(row, name)
        if cell.score:
            low, high = (None if isnan(end) else end for end in (cell.score.low, cell.score.high))
            scores[name] = Score(cell.score.value, cell.score.sd, low, high, cell.score.p)
        elif found is None and cell.expected:
            scores[name] = Score(cell.expected.value, cell.expected.sd)
    if found is None:
        return StoredRow(row.name, scores, cited=True)
    return StoredRow(
        row.name,
        scores,
        row.strategy,
        # Stored answers are read in no time, which says nothing of the model that gave them.
        seconds=found.seconds if found.seconds and row.strategy != "replay" else None,
        date=found.date,
        machine=machine_kind(found.environment["machine"]),
        seeds=len(found.runs),
    )
