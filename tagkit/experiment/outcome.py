"""What running an experiment gave: verdicts by cell, costs, and what a reader must be warned of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tagkit.experiment._old_spec import Expected, Experiment, System
from tagkit.experiment.measuring import Figure
from tagkit.experiment.verdict import FAIL, SKIPPED, judge


@dataclass(frozen=True)
class Measured:
    """What a system's runs gave.

    Attributes:
        cells: Figures by cell.
        seconds: Wall time of fitting and tagging, all seeds together.
        runs: How many seeds.
        date: When, as YYYY-MM-DD.
        around: What `surroundings` gave.
        digest: Of the products.
        shared: How many test texts stand in train, of how many.
        peak_mb: Peak memory in MiB; None where it is not known.
        kept: Whether a run was taken up from a stopped command.
        notes: What was noticed, for example answers that are missing.
    """

    cells: Mapping[str, Figure]
    seconds: float
    runs: int
    date: str
    around: Mapping[str, Any]
    digest: str
    shared: tuple[int, int] = (0, 0)
    peak_mb: float | None = None
    kept: bool = False
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        body = dict(vars(self)) | {"cells": {name: cell.to_dict() for name, cell in self.cells.items()}}
        return body | {"notes": list(self.notes)}

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> Measured:
        """Build it from what `to_dict` gave."""
        cells = {name: Figure(**cell) for name, cell in body["cells"].items()}
        shared = tuple(body.get("shared", (0, 0)))
        return cls(**dict(body) | {"cells": cells, "shared": shared, "notes": tuple(body["notes"])})


@dataclass(frozen=True)
class Outcome:
    """An experiment with what was measured of it.

    Attributes:
        experiment: The experiment.
        measured: By system, those that ran.
        skipped: Why, by system that was not run.
        broken: Why, by system that failed to run.
        facts: How many products the data has in `train`, `dev` and `test`; empty if not loaded.
    """

    experiment: Experiment
    measured: Mapping[str, Measured] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, int] = field(default_factory=dict)

    def cell(self, system: System, name: str) -> tuple[Expected | None, Figure | None, str, str]:
        """Return of one cell what is expected, what was measured, the verdict, and why it is not measured."""
        expected = system.expected.get(name)
        if system.name in self.broken:
            return expected, None, FAIL, self.broken[system.name]
        if system.name not in self.measured:
            return expected, None, SKIPPED, self.skipped.get(system.name, "not asked for")
        figure = self.measured[system.name].cells.get(name)
        if figure is None:
            why = "train and test share no texts, so there is no such view"
            return expected, None, FAIL if expected else SKIPPED, why
        if figure.value != figure.value:
            return expected, None, FAIL if expected else SKIPPED, "the measure is undefined for these tags"
        return expected, figure, judge(expected, figure.value), ""

    def names(self, system: System) -> list[str]:
        """Return a system's cells: the measures, and the views that its expected figures name."""
        return list(dict.fromkeys([*self.experiment.measures, *system.expected]))

    @property
    def verdicts(self) -> list[str]:
        """All verdicts."""
        return [self.cell(s, name)[2] for s in self.experiment.systems for name in self.names(s)]

    @property
    def failed(self) -> bool:
        """Whether a cell failed."""
        return FAIL in self.verdicts
