"""What an experiment is: data, protocol, systems, measures, and for each cell the expected figure."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tagkit.experiment._old_result import DEDUP, TEST

SEEN = "seen"
VIEWS = (DEDUP, SEEN)
"""Parts of the test products that a cell can name before a slash, as in "dedup/entity-F1": those whose text does not
stand in train, and those whose text does."""
PERCENT, FRACTION = "percent", "fraction"
Refinement = str | dict[str, dict[str, Any]]
"""A refinement by name, or its name with its parameters."""


@dataclass(frozen=True)
class Origin:
    """Where an expected figure is from.

    Attributes:
        kind: "published" or "ours".
        date: Of our run, as YYYY-MM-DD.
        machine: The kind of machine of our run.
        seconds: Wall time of our run, fitting and tagging of all seeds together; None: not noted.
    """

    kind: str
    date: str = ""
    machine: str = ""
    seconds: float | None = None

    def __str__(self) -> str:
        """Return it as a reader of a table wants it."""
        return self.kind if self.kind == "published" else f"ours, {self.date}"


@dataclass(frozen=True)
class Expected:
    """An expected figure, in the experiment's unit.

    Attributes:
        value: The figure.
        digits: Digits behind the point, as it was printed.
        tolerance: How far off a figure may be to be OKish.
        origin: Where it is from.
        spread: Its standard deviation over seeds, where that was reported.
    """

    value: float
    digits: int
    tolerance: float
    origin: Origin
    spread: float | None = None


@dataclass(frozen=True)
class Data:
    """Which products.

    Attributes:
        name: A data set of the registry, or "" where `file` is given.
        file: A file of products, in tagkit's forms or in the layout of oa-mine.
        options: The reader's options.
        titles: Test products to keep, by title; empty: all.
    """

    name: str = ""
    file: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)
    titles: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name in tables."""
        return self.name or (self.file.stem if self.file else "")


@dataclass(frozen=True)
class System:
    """One row.

    Attributes:
        name: In the table, unique within the experiment.
        strategy: A strategy of the registry; "" for a row that computes nothing and cites.
        params: The strategy's parameters.
        seeds: One run each, with the parameter `seed`; empty: one run with the parameters as they are. Where `share` is
            below 1 each draws its own products, and the strategy need not have that parameter.
        share: Which share of train and of dev the row learns and chooses from, at least one product of each.
        refine: Refinements after the strategy; None: those that `tagkit compare` takes.
        leave_out: Steps of text cleaning (see `tagkit.text.clean`) that the row does without.
        options: Options of the reader that this row has otherwise than the experiment.
        quick: Whether `--quick` runs it.
        expected: By cell: a measure, with a view and a slash before it where it is not all of test. None: not reported.
        cites: Where a row that computes nothing is from.
        command: What computed a cited row of our own.
        tokens: Tokens that a hosted model spent for it, as stored.
        chosen_on: "dev", or "test" where a parameter or threshold was chosen there.
        note: What else a reader must know.
        file: Of stored answers that the row replays, for its command; None otherwise.
    """

    name: str
    strategy: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    share: float = 1.0
    refine: tuple[Refinement, ...] | None = None
    leave_out: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    quick: bool = False
    expected: dict[str, Expected | None] = field(default_factory=dict)
    cites: str = ""
    command: str = ""
    tokens: int | None = None
    chosen_on: str = "dev"
    note: str = ""
    file: Path | None = None

    @property
    def fingerprint(self) -> str:
        """What the row computes, in short: figures measured under another fingerprint are not its own."""
        what: list[Any] = [self.strategy, self.params, self.seeds, self.refine, self.options]
        if self.share < 1 or self.leave_out:
            what.append([self.share, self.leave_out])
        return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Experiment:
    """A table of figures that one command runs again.

    Attributes:
        name: The file's name without its ending.
        title: One line.
        source: `paper`, `table` and `link`, as far as there are.
        data: The products.
        protocol: Matching, stemming, averaging and what is ignored, in words.
        measures: Names of measures; the first ranks the systems.
        systems: The rows.
        unit: "percent" or "fraction": what expected figures and tolerances are in.
        baseline: The system that the others are tested against; "": no test.
        budget: What every strategy may spend on choosing its parameters, in words.
        file: Its file; None for one made of `--data-file` and `--runs-file`.
        data_file: As given on the command line, for the rows' commands.
    """

    name: str
    title: str
    source: dict[str, str]
    data: Data
    protocol: str
    measures: tuple[str, ...]
    systems: tuple[System, ...]
    unit: str = PERCENT
    baseline: str = ""
    budget: str = ""
    file: Path | None = None
    data_file: Path | None = None

    @property
    def scale(self) -> float:
        """By what a measure's figure is multiplied to have the experiment's unit."""
        return 100.0 if self.unit == PERCENT else 1.0

    @property
    def quick(self) -> bool:
        """Whether one of its systems is quick."""
        return any(system.quick for system in self.systems)

    def command(self, system: System) -> str:
        """Return the command that computes one row; "" where nothing does."""
        if not system.strategy:
            return system.command
        words = ["tagkit", "reproduce"]
        if self.file is not None:
            words.append(self.name)
        if self.data_file is not None:
            words += ["--data-file", str(self.data_file)]
        if system.file is not None:
            words += ["--runs-file", str(system.file)]
        else:
            words += ["--only", system.name]
        return shlex.join(words)


def split_cell(cell: str) -> tuple[str, str]:
    """Return the view and the measure of a cell's name."""
    view, slash, measure = cell.partition("/")
    return (view, measure) if slash else (TEST, cell)
