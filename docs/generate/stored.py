"""Read what experiments and benchmarks measured, for the tables of the documentation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
EXPERIMENTS = ROOT / "experiments"
BENCHMARKS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True)
class Score:
    """One score of a row.

    Attributes:
        value: The score, in the unit of the experiment.
        spread: The standard deviation over seeds, None for a single run.
        low: The lower end of its 95 % bootstrap interval, None where there is none.
        high: The upper end.
        p: The p-value against the baseline after Holm's correction, None where there is no test.
    """

    value: float | None
    spread: float | None = None
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
    body = yaml.safe_load((EXPERIMENTS / f"{name}.yaml").read_text(encoding="utf-8"))
    path = EXPERIMENTS / "results" / "reproduced" / f"{name}.json"
    stored = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else {}
    declared = body.get("rows") or body["systems"]
    source = body.get("source", {})
    measures = dict.fromkeys([*body["measures"], *(m for row in declared for m in row.get("expected", {}))])
    return StoredExperiment(
        name,
        body["title"],
        ". ".join(filter(None, (source.get("paper"), source.get("table")))),
        source.get("link", ""),
        " ".join(body.get("protocol", "").split()),
        body["data"]["name"] if isinstance(body["data"], dict) else body["data"],
        tuple(measures),
        body.get("baseline", ""),
        tuple(_row(row, stored.get(row["name"])) for row in declared),
    )


def benchmark(name: str) -> dict[str, Any]:
    """Return the stored results of a benchmark: its command, machine, date and figures."""
    return json.loads((BENCHMARKS / f"{name}.json").read_text(encoding="utf-8"))


def _row(declared: dict[str, Any], stored: dict[str, Any] | None) -> StoredRow:
    name = declared["name"]
    if stored is None:
        return StoredRow(name, {m: _expected(cell) for m, cell in declared.get("expected", {}).items()}, cited=True)
    machine = stored["around"]["machine"]
    return StoredRow(
        name,
        {m: Score(**{key: cell.get(key) for key in Score.__annotations__}) for m, cell in stored["cells"].items()},
        declared["strategy"],
        # Stored answers are read in no time, which says nothing of the model that gave them.
        seconds=None if declared["strategy"] == "replay" else stored["seconds"],
        date=stored["date"],
        machine=machine["gpu"] or f"{machine['cores']} core{'s' * (machine['cores'] > 1)} of {machine['processor']}",
        seeds=stored["runs"],
    )


def _expected(cell: Any) -> Score:
    return Score(cell.get("value"), cell.get("spread")) if isinstance(cell, dict) else Score(cell)
