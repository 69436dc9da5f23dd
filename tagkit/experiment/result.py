"""What running an experiment returned: one record for `tagkit compare`, `tagkit reproduce` and their reports.

`tagkit.experiment.run` makes a `Result`, `tagkit.report` shows it, `tagkit.tracking` logs it, and
`tagkit.experiment.store` keeps it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tagkit.errors import BadInput, did_you_mean
from tagkit.experiment import warnings
from tagkit.experiment.expected import FAIL, NEW, SKIPPED, Expected
from tagkit.experiment.record import MULTI_BOOTSTRAP as MULTI_BOOTSTRAP
from tagkit.experiment.record import RANDOMISATION as RANDOMISATION
from tagkit.experiment.record import RowResult as RowResult
from tagkit.experiment.record import RowRun as RowRun
from tagkit.experiment.record import Score as Score
from tagkit.experiment.shown import Shown
from tagkit.experiment.spec import DEDUP, SEEN, TEST, Experiment, Row, split_cell
from tagkit.experiment.to_json import experiment_from_json, experiment_to_json, to_plain
from tagkit.measures import Measure, Run
from tagkit.product import Dataset, Product, Tags
from tagkit.text.duplicates import unseen

if TYPE_CHECKING:
    from tagkit.pipeline import Pipeline

REASONS = ("failed", "not_set_up", "skipped")
"""Fields of a result that hold reasons by row."""


@dataclass(frozen=True)
class CellVerdict:
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

    def to_json(self) -> dict[str, Any]:
        """Return it as flat JSON values: `verdict`, `reason`, `expected`, `measured` and what belongs to them."""
        out: dict[str, Any] = {"verdict": self.verdict, "reason": self.reason}
        if self.expected:
            out |= {"expected": self.expected.value, "digits": self.expected.digits, "expected_sd": self.expected.sd}
            out |= {"tolerance": self.expected.tolerance, "origin": vars(self.expected.origin)}
        if self.score:
            out |= {"measured" if key == "value" else key: value for key, value in vars(self.score).items()}
        return out


@dataclass(frozen=True, repr=False)
class Result(Shown):
    """An experiment with everything that was measured of it.

    Attributes:
        experiment: The experiment.
        rows: What was measured, by the name of the row, in the order of the experiment.
        scores: The scores: view → row → measure → `Score`.
        failed: The reason, by row that failed to run.
        not_set_up: What is missing in two words, by row whose data, package, weights, server or answers are not there.
        skipped: The reason in one sentence, by row that was not run, those that are not set up included.
        sizes: Number of products in `train`, `dev` and `test`, as the experiment's own options read them, and of those
            in test that have gold tags (`judged`).
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
    _fitted: dict[str, Pipeline] = field(default_factory=dict, init=False, repr=False, compare=False)

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
        return self.data.tag_counts if self.data else Counter()

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
            BadInput: No such row was run, or the result is a stored one, without its products.
        """
        data = self.datasets.get(self._known(row)) if row else self.data
        if data is None:
            raise BadInput("a stored result does not hold the products")
        return [data.test[at] for at in views_of(data)[view]]

    def run(self, row: str, view: str = TEST) -> Run:
        """Return the tags of a row beside the gold tags of a view; of several seeds, the first.

        Raises:
            BadInput: No such row was run, or the result is a stored one, without its tags.
        """
        data, tags = self.datasets.get(self._known(row)), self.tags(row)
        if data is None:
            raise BadInput("a stored result does not hold the products")
        at = views_of(data)[view]
        return Run.of(data, [tags[i] for i in at], [data.test[i] for i in at])

    def tags(self, row: str) -> Tags:
        """Return the tags that a row gave its products, in their order; of several seeds, the first.

        Raises:
            BadInput: No such row was run, or the result is a stored one, without its tags.
        """
        runs = self.rows[self._known(row)].runs
        first = runs[0].seed
        lists: Tags = []
        for run in runs:
            if run.seed == first:
                if run.tags is None:
                    raise BadInput("a stored result does not hold the tags")
                lists += run.tags
        return lists

    def tagger(self, row: str) -> Pipeline:
        """Return the fitted pipeline of a row, which gives the tags that were measured; of several runs, the first.

        It is fitted once more when it is first asked for, and kept until another row is asked for.

        Raises:
            BadInput: No such row was run, or the result is a stored one.
        """
        if self.make_tagger is None:
            raise BadInput("a stored result does not hold the fitted taggers: run the experiment")
        if row not in self._fitted:
            found = self.make_tagger(self.experiment.row(self._known(row)), self.rows[row].runs[0])
            self._fitted.clear()  # models may be large
            self._fitted[row] = found
        return self._fitted[row]

    def _known(self, row: str) -> str:
        """Return the name of a row that was run; any other is a `BadInput`."""
        if row not in self.rows:
            raise BadInput(f"no row {row!r} was run{did_you_mean(row, self.rows)}; there are: {', '.join(self.rows)}")
        return row

    def cell(self, row: Row, name: str) -> CellVerdict:
        """Return what is said of one cell, in the unit of the experiment.

        Args:
            row: A row of the experiment.
            name: A measure, with a view and a slash before it unless the view is test.
        """
        expected = row.expected.get(name)
        if row.name in self.failed:
            return CellVerdict(expected, None, FAIL, self.failed[row.name])
        if row.name not in self.rows:
            return CellVerdict(expected, None, SKIPPED, self.skipped.get(row.name, "not asked for"))
        view, measure = split_cell(name)
        score = self.scores.get(view, {}).get(row.name, {}).get(measure)
        nothing = FAIL if expected else SKIPPED
        if measure not in map(str, self.measures):
            return CellVerdict(expected, None, SKIPPED, "the measure cannot be computed here")
        if score is None:
            return CellVerdict(expected, None, nothing, "train and test share no texts, so there is no such view")
        if math.isnan(score.value):
            return CellVerdict(expected, None, nothing, "the measure is undefined for these tags")
        score = score.scaled(self.experiment.scale)
        return CellVerdict(expected, score, expected.verdict(score.value) if expected else NEW)

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
        return warnings.warnings(self)

    def to_json(self) -> dict[str, Any]:
        """Return everything but products and tags as plain JSON values; undefined scores are None."""
        body: dict[str, Any] = {"experiment": experiment_to_json(self.experiment), "rows": {}}
        body |= {key: getattr(self, key) for key in ("sizes", "licence", *REASONS)}
        body["scores"] = {
            view: {name: {measure: vars(score) for measure, score in row.items()} for name, row in rows.items()}
            for view, rows in self.scores.items()
        }
        cells = [(row, name) for row in self.experiment.rows for name in self.experiment.cells(row)]
        body["cells"] = [self.cell(row, name).to_json() | {"row": row.name, "cell": name} for row, name in cells]
        plain: dict[str, Any] = to_plain(body | {"warnings": self.warnings})
        return plain | {"rows": {name: row.to_json() for name, row in self.rows.items()}}

    @classmethod
    def from_json(cls, body: Mapping[str, Any], experiment: Experiment | None = None) -> Self:
        """Build a result from what `to_json` returned; it gives the same tables.

        Args:
            body: What `to_json` returned.
            experiment: The experiment, with its expected scores; None: as it was stored.

        Raises:
            BadInput: It is something else.
        """
        try:
            scores = {
                view: {name: {m: Score.from_json(score) for m, score in row.items()} for name, row in rows.items()}
                for view, rows in body["scores"].items()
            }
            return cls(
                experiment or experiment_from_json(body["experiment"]),
                {name: RowResult.from_json(row) for name, row in body["rows"].items()},
                scores,
                **{key: body[key] for key in ("sizes", "licence", *REASONS)},
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"this is not a stored result: {error!r}") from error


def views_of(data: Dataset) -> dict[str, list[int]]:
    """Return positions in test by view: all of it, and, where some texts occur in train, those that do not and do."""
    fresh = {product.id for product in unseen(data)}
    views = {TEST: list(range(len(data.test)))}
    if 0 < len(fresh) < len(data.test):
        views[DEDUP] = [i for i, product in enumerate(data.test) if product.id in fresh]
        views[SEEN] = [i for i, product in enumerate(data.test) if product.id not in fresh]
    return views
