"""Read what experiments and benchmarks measured, for the tables of the documentation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tagkit.experiment import load, store
from tagkit.experiment.result import Result

ROOT = Path(__file__).parents[2]
EXPERIMENTS = ROOT / "experiments"
BENCHMARKS = ROOT / "benchmarks" / "results"


def names() -> list[str]:
    """Return the names of all experiments."""
    return sorted(path.stem for path in EXPERIMENTS.glob("*.yaml"))


@cache
def experiment(name: str) -> Result:
    """Return an experiment as its file declares it, with what is stored of its rows.

    Raises:
        FileNotFoundError: There is no such experiment.
    """
    return store.merge(Result(load.load_experiment(EXPERIMENTS / f"{name}.yaml")), EXPERIMENTS)


def benchmark(name: str) -> dict[str, Any]:
    """Return the stored results of a benchmark: its command, machine, date and figures."""
    return json.loads((BENCHMARKS / f"{name}.json").read_text(encoding="utf-8"))
