"""What an experiment is: data, rows, measures, protocol, and for each cell perhaps an expected score.

`tagkit compare` and `tagkit tune` build an `Experiment` from their arguments, `tagkit reproduce` reads one from YAML
(`tagkit.experiment.load`); `tagkit.experiment.run` runs it and returns a `Result`.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tagkit.datasets import load, oa_mine
from tagkit.errors import BadInput, did_you_mean
from tagkit.experiment.expected import Expected
from tagkit.measures import Measure
from tagkit.product import Dataset
from tagkit.refine import Step
from tagkit.tagger import Tagger

TEST, DEDUP, SEEN = "test", "dedup", "seen"
"""Views: all test products, those whose text does not occur in train, and those whose text does."""
PERCENT, FRACTION = "percent", "fraction"
Refinement = str | dict[str, dict[str, Any]] | Step
"""A refinement: its name, its name with its parameters, or the object itself."""


@dataclass(frozen=True)
class Data:
    """Which products an experiment uses.

    Attributes:
        name: A data set of the registry, or "" where `file` is given.
        file: A file of products, in one of tagkit's formats or in the layout of oa-mine.
        options: Options of the reader.
        titles: Titles of the test products to keep; empty: all.
    """

    name: str = ""
    file: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)
    titles: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name in tables."""
        return self.name or (self.file.stem if self.file else "")

    def load(self, **options: Any) -> Dataset:
        """Return the products.

        Args:
            **options: Options of the reader that replace those of the experiment.

        Raises:
            DataMissing: The files are unavailable.
            BadInput: A file or an option is wrong, or a title of `titles` is not in test.
        """
        wanted = self.options | options
        found = oa_mine.read_products(self.file, **wanted) if self.file else load(self.name, **wanted)
        if not self.titles:
            return found
        kept = [product for product in found.test if product.title in self.titles]
        if lost := set(self.titles) - {product.title for product in kept}:
            raise BadInput(f"{found.name} has no test product with the title {min(lost)!r}")
        return found.with_parts(test=kept)


@dataclass(frozen=True)
class SelfTraining:
    """Further training texts that an earlier row labels (self-training).

    Attributes:
        by: The row whose tags are taken as gold. Where it has several seeds, the first one labels.
        options: Options of the reader under which train holds the further texts; those that occur in any part of the
            row's own data are left out.

    Source: Yarowsky, Unsupervised Word Sense Disambiguation Rivaling Supervised Methods (ACL 1995).
    """

    by: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One row of the table: a strategy with everything that is done to it, or a cited score.

    Attributes:
        name: The name in the table, unique within the experiment.
        strategy: A strategy of the registry; "" for a row that computes nothing and cites.
        params: The strategy's parameters.
        tagger: The unfitted strategy itself, for one that the registry does not know; None: made from `strategy` and
            `params`.
        of: Earlier rows whose fitted taggers this row combines, all seeds of each; the strategy is then `ensemble` or
            `hybrid`.
        decoding: Parameters that are changed after fitting by `set_decoding`, so that many ways of decoding share one
            trained network.
        self_training: Further training texts that an earlier row labels; None: none.
        seeds: One run each, with the parameter `seed`; empty: one run with the parameters as they are. Where `share` is
            below 1 each seed draws its own products, and the strategy need not have that parameter.
        folds: Number of folds into which train and dev are cut; each fold is tagged by what was fitted on the others,
            and the test part is not used. 0: no folds.
        share: Which share of train and of dev the row is fitted on, at least one product of each.
        refine: Refinements after the strategy; None: thresholds and a limit, where the strategy needs thresholds.
        options: Options of the reader in which this row differs from the experiment.
        quick: Whether `--quick` runs it.
        expected: Expected scores by cell: a measure, with a view and a slash before it unless the view is test. None:
            nothing was reported.
        cites: Where the scores of a row that computes nothing come from.
        command: What computed a cited row of our own.
        tokens: Number of tokens that a hosted model spent on it, as stored.
        chosen_on: "dev", or "test" where a parameter or threshold was chosen there.
        tuned: For a row whose parameters a search chose, the sentence that says so with its budget.
        note: What else a reader must know.
        file: The file of stored answers that the row replays, for its command.
    """

    name: str
    strategy: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    tagger: Tagger | None = None
    of: tuple[str, ...] = ()
    decoding: dict[str, Any] = field(default_factory=dict)
    self_training: SelfTraining | None = None
    seeds: tuple[int, ...] = ()
    folds: int = 0
    share: float = 1.0
    refine: tuple[Refinement, ...] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    quick: bool = False
    expected: dict[str, Expected | None] = field(default_factory=dict)
    cites: str = ""
    command: str = ""
    tokens: int | None = None
    chosen_on: str = "dev"
    tuned: str = ""
    note: str = ""
    file: Path | None = None

    @property
    def runs(self) -> list[tuple[int | None, int | None]]:
        """Seed and fold of each run; None where the row has no seeds or no folds."""
        folds: list[int | None] = [*range(self.folds)] if self.folds else [None]
        seeds: list[int | None] = [*self.seeds] if self.seeds else [None]
        return [(seed, fold) for seed in seeds for fold in folds]


@dataclass(frozen=True)
class Experiment:
    """A table of scores that one call computes.

    Attributes:
        name: For an experiment from a file, the file's name without its ending.
        data: The products.
        rows: The rows, in the order of the file or of the call.
        measures: The measures; the first one sorts the table.
        baseline: The row that the others are tested against; "": no tests.
        title: One line.
        source: `paper`, `table` and `link`, as far as there are.
        protocol: Matching, stemming, averaging and what is ignored, in words.
        unit: "percent" or "fraction": what expected scores and tolerances are in. Measured scores are always stored as
            the measure returns them; `scale` converts them.
        budget: What each strategy may spend on choosing its parameters, in words.
        seed: Of resampling in intervals and tests.
        samples: Number of bootstrap samples and of random permutations.
        file: Its YAML file; None for an experiment made by a call.
        data_file: As given on the command line, for the rows' commands.
    """

    name: str
    data: Data
    rows: tuple[Row, ...]
    measures: tuple[Measure, ...]
    baseline: str = ""
    title: str = ""
    source: dict[str, str] = field(default_factory=dict)
    protocol: str = ""
    unit: str = FRACTION
    budget: str = ""
    seed: int = 0
    samples: int = 1000
    file: Path | None = None
    data_file: Path | None = None

    @property
    def scale(self) -> float:
        """By what a measured score is multiplied to have the unit of the experiment."""
        return 100.0 if self.unit == PERCENT else 1.0

    @property
    def quick(self) -> bool:
        """Whether one of its rows is quick."""
        return any(row.quick for row in self.rows)

    @property
    def tested(self) -> tuple[Measure, ...]:
        """The measures whose differences from the baseline are tested: of a file, only the first one was planned."""
        return self.measures[:1] if self.file else self.measures

    def row(self, name: str) -> Row:
        """Return a row by name.

        Raises:
            BadInput: There is no such row.
        """
        rows = {row.name: row for row in self.rows}
        if name not in rows:
            raise BadInput(f"there is no row {name!r}{did_you_mean(name, rows)}; there are: {', '.join(rows)}")
        return rows[name]

    def cells(self, row: Row) -> list[str]:
        """Return the cells of a row: the measures, and the views that its expected scores name."""
        return list(dict.fromkeys([*map(str, self.measures), *row.expected]))

    def command(self, row: Row) -> str:
        """Return the command that computes one row; "" where nothing does."""
        if not row.strategy:
            return row.command
        words = ["tagkit", "reproduce"]
        if self.file is not None:
            words.append(self.name)
        if self.data_file is not None:
            words += ["--data-file", str(self.data_file)]
        words += ["--runs-file", str(row.file)] if row.file is not None else ["--only", row.name]
        return shlex.join(words)

    def fingerprint(self, row: Row) -> str:
        """Return a digest of what a row computes: scores stored under another fingerprint are not its own."""
        data = [self.data.name, self.data.file.name if self.data.file else "", self.data.options, self.data.titles]
        what: list[Any] = [data, row.strategy, row.params, row.seeds, row.refine, row.options]
        labels = row.self_training
        labelled = [labels.options, self.fingerprint(self.row(labels.by))] if labels else None
        what += [row.share, row.folds, row.decoding, labelled, [self.fingerprint(self.row(name)) for name in row.of]]
        return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()[:16]


def split_cell(cell: str) -> tuple[str, str]:
    """Return the view and the measure of a cell's name, such as "dedup/F1@M"."""
    view, slash, measure = cell.partition("/")
    return (view, measure) if slash else (TEST, cell)
