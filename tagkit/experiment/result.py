"""What running an experiment returned: one record for `tagkit compare`, `tagkit reproduce` and their reports.

`tagkit.experiment.run` makes a `Result`, `tagkit.report` shows it, `tagkit.tracking` logs it, and
`tagkit.experiment.store` keeps it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tagkit.errors import BadInput, did_you_mean
from tagkit.experiment.spec import DEDUP, FAIL, SEEN, SKIPPED, TEST, Expected, Experiment, Row, split_cell, verdict
from tagkit.measures import Measure, Run
from tagkit.product import Dataset, Product, Tags

if TYPE_CHECKING:
    from tagkit.pipeline import Pipeline

RANDOMISATION = "paired randomisation test"
MULTI_BOOTSTRAP = "paired multi-bootstrap test"
"""The tests of a row against the baseline: over products alone, and over runs and products where either has several."""


@dataclass(frozen=True)
class Score:
    """A measured cell, as the measure returns it (not in percent).

    Attributes:
        value: The score on all products of the view, the mean over runs; NaN where the measure is undefined.
        low: Lower end of the 95 % interval over products, and over runs where there are several; NaN: no interval.
        high: Upper end.
        sd: Standard deviation over runs (seeds and folds); None for a single run.
        p: Two-sided p-value against the baseline, Holm-corrected over the rows of the same view and measure; None for
            the baseline itself and where nothing was tested.
        wins, ties, losses: Products on which the row does better, equally well, worse than the baseline, for measures
            that have a score per product; None otherwise.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    sd: float | None = None
    p: float | None = None
    wins: int | None = None
    ties: int | None = None
    losses: int | None = None

    @property
    def significant(self) -> bool:
        """Whether the difference from the baseline is significant at 0.05."""
        return self.p is not None and self.p < 0.05

    @property
    def half_width(self) -> float:
        """Half the width of the 95 % interval, what stands behind ± in every table; NaN where there is none."""
        return (self.high - self.low) / 2

    def scaled(self, scale: float) -> Score:
        """Return the score in another unit, for example in percent."""
        sd = None if self.sd is None else scale * self.sd
        return replace(self, value=scale * self.value, low=scale * self.low, high=scale * self.high, sd=sd)


@dataclass(frozen=True)
class RowRun:
    """One run of a row: one seed, one fold.

    Attributes:
        seed: The seed; None where the row has none.
        fold: The fold, from 0; None where the row has none.
        fit_seconds: Wall time of fitting, choosing on dev included.
        predict_seconds: Wall time of tagging, preprocessing and refinement included; None where it was not measured.
        n_products: How many products were tagged.
        peak_mb: Peak memory of the process while fitting and tagging, in MiB; None where it is unknown.
        n_truncated_chars: Characters of the tagged texts that the strategy did not read.
        refinement: The refinements with what they chose on dev, as `Chain.to_dict` returns them.
        tags: The ranked tags of each tagged product; None in a stored result.
    """

    seed: int | None = None
    fold: int | None = None
    fit_seconds: float = 0.0
    predict_seconds: float | None = None
    n_products: int = 0
    peak_mb: float | None = None
    n_truncated_chars: int = 0
    refinement: Mapping[str, Any] = field(default_factory=dict)
    tags: Tags | None = field(default=None, repr=False)


@dataclass(frozen=True)
class RowResult:
    """What the runs of a row gave and cost; its scores stand in `Result.scores`.

    Attributes:
        runs: One for each seed and fold.
        params: The parameters of the strategy, of the first run.
        refine: The refinements after the strategy, as text.
        n_products: How many products were scored, by view.
        overlap: How many test texts occur in train, and how many test texts there are.
        digest: Of the row's data.
        date: When it was measured, as YYYY-MM-DD.
        environment: Version, commit, lock and machine, see `tagkit.experiment.environment`.
        fingerprint: What was computed, see `Experiment.fingerprint`.
        test: Which test the p-values come from, `RANDOMISATION` or `MULTI_BOOTSTRAP`; "" where nothing was tested.
        resumed: Whether a run was taken over from a stopped command.
        notes: What was noticed, for example products without tags.
    """

    runs: tuple[RowRun, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    refine: tuple[str, ...] = ()
    n_products: Mapping[str, int] = field(default_factory=dict)
    overlap: tuple[int, int] = (0, 0)
    digest: str = ""
    date: str = ""
    environment: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    test: str = ""
    resumed: bool = False
    notes: tuple[str, ...] = ()

    @property
    def fit_seconds(self) -> float:
        """Mean wall time of fitting one run."""
        return sum(run.fit_seconds for run in self.runs) / len(self.runs)

    @property
    def items_per_second(self) -> float:
        """Products tagged per second; NaN where it was not measured."""
        seconds = sum(run.predict_seconds or math.nan for run in self.runs)
        return sum(run.n_products for run in self.runs) / seconds

    @property
    def seconds(self) -> float:
        """Wall time of fitting and tagging, all runs together."""
        return sum(run.fit_seconds + (run.predict_seconds or 0.0) for run in self.runs)

    @property
    def peak_mb(self) -> float:
        """Peak memory in MiB, the highest of all runs; NaN where it is unknown."""
        return max((run.peak_mb for run in self.runs if run.peak_mb is not None), default=math.nan)

    @property
    def n_truncated_chars(self) -> int:
        """Characters of the tagged texts that the strategy did not read, the most of all runs."""
        return max(run.n_truncated_chars for run in self.runs)


@dataclass(frozen=True)
class Cell:
    """What a table with expected scores says of one cell.

    Attributes:
        expected: What was reported, in the unit of the experiment; None: nothing.
        score: What was measured, in the unit of the experiment; None: nothing.
        verdict: OK, OKish, FAIL, SKIPPED or NEW.
        reason: Why nothing was measured.
    """

    expected: Expected | None
    score: Score | None
    verdict: str
    reason: str = ""


@dataclass(frozen=True)
class Result:
    """An experiment with everything that was measured of it.

    Attributes:
        experiment: The experiment.
        rows: What was measured, by the name of the row, in the order of the experiment.
        scores: The scores: view → row → measure → `Score`.
        failed: The reason, by row that failed to run.
        not_set_up: The reason, by row whose data, package, weights, server or answers are not there ("no endpoint").
        skipped: The reason, by row that this command did not run.
        sizes: Number of products in `train`, `dev` and `test`, as the experiment's own options read them.
        licence: Of the data.
        datasets: By row the products that were tagged, as `test`; empty in a stored result.
    """

    experiment: Experiment
    rows: Mapping[str, RowResult] = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, Mapping[str, Score]]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    not_set_up: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    licence: str = ""
    datasets: Mapping[str, Dataset] = field(default_factory=dict, repr=False, compare=False)
    make_tagger: Callable[[Row, RowRun], Pipeline] | None = field(default=None, repr=False, compare=False)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures; the first one sorts the table."""
        return self.experiment.measures

    @property
    def baseline(self) -> str:
        """The row that the others are tested against; "": no tests."""
        return self.experiment.baseline

    @property
    def views(self) -> list[str]:
        """The views that some row has, "test" first."""
        return [view for view in (TEST, DEDUP, SEEN) if self.scores.get(view)]

    @property
    def data(self) -> Dataset | None:
        """The products that the baseline tagged (without a baseline: the first row), as `test`; None if stored."""
        return self.datasets.get(self.baseline) or next(iter(self.datasets.values()), None)

    @property
    def train_counts(self) -> Counter[str]:
        """How often each tag occurs in train."""
        return Counter(tag for product in (self.data.train if self.data else ()) for tag in product.tags)

    def n_products(self, view: str = TEST) -> int:
        """Return how many products a view has."""
        found = [self.baseline, *self.rows]
        return next(
            (self.rows[n].n_products[view] for n in found if n in self.rows and view in self.rows[n].n_products), 0
        )

    def order(self, view: str = TEST) -> list[str]:
        """Return the rows of a view, the best by the first measure first, those without a score last."""
        first = self.measures[0]
        sign = -1.0 if first.better == "higher" else 1.0
        cells = self.scores.get(view, {})
        return sorted(cells, key=lambda name: np.nan_to_num(sign * cells[name][str(first)].value, nan=np.inf))

    def products(self, view: str = TEST, row: str = "") -> list[Product]:
        """Return the products of a view, as a row has them (default: as the baseline has them).

        Raises:
            BadInput: The result is a stored one, without its products.
        """
        data = self.datasets.get(row) if row else self.data
        if data is None:
            raise BadInput("a stored result does not hold the products")
        return [data.test[at] for at in views_of(data)[view]]

    def run(self, row: str, view: str = TEST) -> Run:
        """Return the tags of a row beside the gold tags of a view; of several seeds, the first.

        Raises:
            BadInput: The result is a stored one, without its tags.
        """
        data, tags = self.datasets.get(row), self.tags(row)
        if data is None:
            raise BadInput("a stored result does not hold the products")
        at = views_of(data)[view]
        counts = Counter(tag for product in data.train for tag in product.tags)
        products = [data.test[i] for i in at]
        return Run([tags[i] for i in at], products=products, train_counts=counts, train_size=len(data.train))

    def tags(self, row: str) -> Tags:
        """Return the tags that a row gave its products, in their order; of several seeds, the first.

        Raises:
            BadInput: The result is a stored one, without its tags.
        """
        first = self.rows[row].runs[0].seed
        lists: Tags = []
        for run in self.rows[row].runs:
            if run.seed == first:
                if run.tags is None:
                    raise BadInput("a stored result does not hold the tags")
                lists += run.tags
        return lists

    def tagger(self, row: str) -> Pipeline:
        """Return the fitted pipeline of a row, which gives the tags that were measured; of several runs, the first.

        Raises:
            BadInput: No such row was run, or the result is a stored one.
        """
        if self.make_tagger is None:
            raise BadInput("a stored result does not hold the fitted taggers: run the experiment")
        if row not in self.rows or row not in self.datasets:
            raise BadInput(
                f"no row {row!r} was run{did_you_mean(row, self.datasets)}; there are: {', '.join(self.datasets)}"
            )
        return self.make_tagger(self.experiment.row(row), self.rows[row].runs[0])

    def cell(self, row: Row, name: str) -> Cell:
        """Return what is said of one cell, in the unit of the experiment.

        Args:
            row: A row of the experiment.
            name: A measure, with a view and a slash before it unless the view is test.
        """
        expected = row.expected.get(name)
        if row.name in self.failed:
            return Cell(expected, None, FAIL, self.failed[row.name])
        if row.name not in self.rows:
            reason = self.not_set_up.get(row.name) or self.skipped.get(row.name, "not asked for")
            return Cell(expected, None, SKIPPED, reason)
        view, measure = split_cell(name)
        score = self.scores.get(view, {}).get(row.name, {}).get(measure)
        nothing = FAIL if expected else SKIPPED
        if score is None:
            return Cell(expected, None, nothing, "train and test share no texts, so there is no such view")
        if math.isnan(score.value):
            return Cell(expected, None, nothing, "the measure is undefined for these tags")
        score = score.scaled(self.experiment.scale)
        return Cell(expected, score, verdict(expected, score.value))

    @property
    def verdicts(self) -> list[str]:
        """The verdicts on all cells."""
        rows = self.experiment.rows
        return [self.cell(row, name).verdict for row in rows for name in self.experiment.cells(row)]

    @property
    def has_failed(self) -> bool:
        """Whether a cell failed."""
        return FAIL in self.verdicts

    @property
    def warnings(self) -> list[str]:
        """Sentences that a reader of the scores must know, see `tagkit.experiment.warnings`."""
        from tagkit.experiment.warnings import warnings

        return warnings(self)

    def to_json(self) -> dict[str, Any]:
        """Return everything but products and tags as plain JSON values; undefined scores are None."""
        from tagkit.experiment.to_json import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any], experiment: Experiment | None = None) -> Self:
        """Build a result from what `to_json` returned; it gives the same tables.

        Args:
            body: What `to_json` returned.
            experiment: The experiment, with its expected scores; None: as it was stored.

        Raises:
            BadInput: It is something else.
        """
        from tagkit.experiment.to_json import from_json

        return from_json(cls, body, experiment)


def views_of(data: Dataset) -> dict[str, list[int]]:
    """Return positions in test by view: all of it, and, where some texts occur in train, those that do not and do."""
    fresh = {product.id for product in data.unseen()}
    views = {TEST: list(range(len(data.test)))}
    if 0 < len(fresh) < len(data.test):
        views[DEDUP] = [i for i, product in enumerate(data.test) if product.id in fresh]
        views[SEEN] = [i for i, product in enumerate(data.test) if product.id not in fresh]
    return views


# The classes below are replaced by the ones above and go as their callers change.
from tagkit.experiment._old_result import (  # noqa: E402
    Comparison as Comparison,
)
from tagkit.experiment._old_result import (  # noqa: E402
    Figure as Figure,
)
from tagkit.experiment._old_result import (  # noqa: E402
    StrategyResult as StrategyResult,
)
