"""What a comparison found: each strategy's tags and costs, and the figures with their intervals.

`compare` makes a `Comparison`; `tagkit.report` writes it out; `tagkit.tracking` logs it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tagkit.experiment.significance import bootstrap, holm, randomisation
from tagkit.measures import Measure, Run
from tagkit.product import Dataset, Product, Tags

TEST, DEDUP = "test", "dedup"


@dataclass(frozen=True)
class StrategyResult:
    """What one strategy gave, and what it cost.

    Attributes:
        name: How the strategy is called in the table.
        params: Its parameters.
        tags: For each test product its ranked tags.
        fit_seconds: Wall time of `fit`, choosing on dev included.
        predict_seconds: Wall time of `predict` on the test products, preprocessing and refinement included.
        peak_mb: Peak memory of the process while fitting and tagging, in MiB; None where it could not be measured.
        unread: Characters of test text that the strategy did not read.
        refine: The refinements after the strategy, as text.
    """

    name: str
    params: Mapping[str, Any]
    tags: Tags
    fit_seconds: float
    predict_seconds: float
    peak_mb: float | None = None
    unread: int = 0
    refine: tuple[str, ...] = ()

    @property
    def items_per_second(self) -> float:
        """Test products tagged per second."""
        return len(self.tags) / self.predict_seconds if self.predict_seconds > 0 else float("nan")


@dataclass(frozen=True)
class Figure:
    """One cell: a measure of one strategy.

    Attributes:
        value: The figure on all products of the view.
        low: Lower end of the bootstrap 95 % interval.
        high: Upper end.
        p: Two-sided p-value of the paired randomisation test against the baseline, Holm-corrected over the strategies
            of the same measure; None for the baseline itself.
        wins, ties, losses: Products on which the strategy does better, equally well, worse than the baseline, for
            measures that have a figure per product.
    """

    value: float
    low: float
    high: float
    p: float | None = None
    wins: int | None = None
    ties: int | None = None
    losses: int | None = None

    @property
    def significant(self) -> bool:
        """Whether the difference from the baseline is significant at 0.05."""
        return self.p is not None and self.p < 0.05


@dataclass(frozen=True)
class Comparison:
    """Strategies side by side on one data set.

    Attributes:
        data: The data set.
        results: One per strategy, in the order given.
        measures: What was measured; the first is the one the table is sorted by.
        baseline: The name of the strategy that the others are tested against.
        seed: Of bootstrap and randomisation.
        samples: Bootstrap samples and random permutations.
        failed: Strategies that could not run, with the reason in one sentence.
        tuned: For strategies whose parameters a search chose, the sentence that says so with its budget.
    """

    data: Dataset
    results: tuple[StrategyResult, ...]
    measures: tuple[Measure, ...]
    baseline: str
    seed: int = 0
    samples: int = 1000
    failed: Mapping[str, str] = field(default_factory=dict)
    tuned: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def views(self) -> dict[str, list[int]]:
        """Positions in the test part, by view (see `views_of`)."""
        return views_of(self.data)

    def to_result(self) -> Any:
        """Return the same as the record that reports are made from."""
        from datetime import date

        from tagkit.experiment.environment import surroundings
        from tagkit.experiment.result import RANDOMISATION, Result, RowResult, RowRun, Score
        from tagkit.experiment.spec import Data, Experiment, Row

        names = [*(found.name for found in self.results), *self.failed]
        params = {found.name: dict(found.params) for found in self.results}
        rows = tuple(Row(name, name, params.get(name, {}), tuned=self.tuned.get(name, "")) for name in names)
        facts: dict[str, Any] = {
            "n_products": {view: len(at) for view, at in self.views.items()},
            "overlap": (len(self.data.test) - len(self.data.unseen()), len(self.data.test)),
            "digest": self.data.digest,
            "date": date.today().isoformat(),
            "environment": surroundings(),
        }
        measured = {
            found.name: RowResult(
                (
                    RowRun(
                        fit_seconds=found.fit_seconds,
                        predict_seconds=found.predict_seconds,
                        n_products=len(found.tags),
                        peak_mb=found.peak_mb,
                        n_truncated_chars=found.unread,
                        tags=found.tags,
                    ),
                ),
                params=found.params,
                refine=found.refine,
                test="" if found.name == self.baseline else RANDOMISATION,
                **facts,
            )
            for found in self.results
        }
        scores = {
            view: {
                row: {
                    measure: Score(f.value, f.low, f.high, None, f.p, f.wins, f.ties, f.losses)
                    for measure, f in cells.items()
                }
                for row, cells in table.items()
            }
            for view, table in self.table.items()
        }
        data = self.data
        return Result(
            Experiment(
                *(data.name, Data(data.name), rows, self.measures, self.baseline), seed=self.seed, samples=self.samples
            ),
            measured,
            scores,
            failed=self.failed,
            sizes={"train": len(data.train), "dev": len(data.dev), "test": len(data.test)},
            licence=data.licence,
            datasets=dict.fromkeys(measured, data),
        )

    def result(self, name: str) -> StrategyResult:
        """Return the result of one strategy."""
        return next(result for result in self.results if result.name == name)

    def products(self, view: str = TEST) -> list[Product]:
        """Return the test products of a view."""
        return [self.data.test[i] for i in self.views[view]]

    def run(self, name: str, view: str = TEST) -> Run:
        """Return the tags of one strategy beside the gold tags of a view's products."""
        return run_of(self.data, self.result(name), self.views[view], self._columns, self.train_counts)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return columns_of(self.data, self.results)

    @cached_property
    def train_counts(self) -> Counter[str]:
        """How often each tag occurs in train."""
        return counts_of(self.data)

    @cached_property
    def table(self) -> dict[str, dict[str, dict[str, Figure]]]:
        """All figures: view → strategy → measure → `Figure`."""
        return {view: self._figures(view) for view in self.views}

    def order(self, view: str = TEST) -> list[str]:
        """Return the strategies, the best by the first measure first, those without a figure last."""
        first = self.measures[0]
        sign = -1.0 if first.better == "higher" else 1.0
        cells = self.table[view]
        names = [result.name for result in self.results]
        return sorted(names, key=lambda name: np.nan_to_num(sign * cells[name][str(first)].value, nan=np.inf))

    def _figures(self, view: str) -> dict[str, dict[str, Figure]]:
        runs = {result.name: self.run(result.name, view) for result in self.results}
        cells: dict[str, dict[str, Figure]] = {name: {} for name in runs}
        for measure in self.measures:
            for name, figure in self._column(measure, runs).items():
                cells[name][str(measure)] = figure
        return cells

    def _column(self, measure: Measure, runs: Mapping[str, Run]) -> dict[str, Figure]:
        """Measure all strategies with one measure and test each against the baseline."""
        rows = {name: measure.statistics(run) for name, run in runs.items()}
        base = rows[self.baseline]
        others = [name for name in rows if name != self.baseline]
        raw = [randomisation(measure, base, rows[name], samples=self.samples, seed=self.seed) for name in others]
        corrected: dict[str, float | None] = dict(zip(others, holm(raw), strict=True))
        out = {}
        for name, statistics in rows.items():
            value, low, high = bootstrap(measure, statistics, samples=self.samples, seed=self.seed)
            counts = win_tie_loss(measure, base, statistics) if name != self.baseline else (None, None, None)
            out[name] = Figure(value, low, high, corrected.get(name), *counts)
        return out


def views_of(data: Dataset) -> dict[str, list[int]]:
    """Return positions in the test part by view: all of it, and, where texts stand in train, those that do not."""
    fresh = {product.id for product in data.unseen()}
    views = {TEST: list(range(len(data.test)))}
    if 0 < len(fresh) < len(data.test):
        views[DEDUP] = [i for i, product in enumerate(data.test) if product.id in fresh]
    return views


def counts_of(data: Dataset) -> Counter[str]:
    """Return how often each tag occurs in train."""
    return Counter(tag for product in data.train for tag in product.tags)


def columns_of(data: Dataset, results: Sequence[StrategyResult]) -> dict[str, int]:
    """Return one column per tag, the same for all results, so that their statistics can be added and paired."""
    names = dict.fromkeys(tag for product in data.test for tag in product.tags)
    names |= dict.fromkeys(tag.text for result in results for row in result.tags for tag in row)
    return {name: column for column, name in enumerate(names)}


def run_of(
    data: Dataset, result: StrategyResult, places: Sequence[int], columns: dict[str, int], counts: Counter[str]
) -> Run:
    """Return the tags of a result beside the gold tags of the test products at some places.

    Args:
        data: The data set.
        result: What a strategy gave for its test part.
        places: Positions in the test part.
        columns: As `columns_of` gave.
        counts: As `counts_of` gave.
    """
    return Run(
        [result.tags[i] for i in places],
        products=[data.test[i] for i in places],
        train_counts=counts,
        train_size=len(data.train),
        columns=columns,
    )


def win_tie_loss(measure: Measure, base: Any, other: Any) -> Sequence[int | None]:
    """Count the products on which `other` does better, equally well and worse than `base`.

    Returns:
        Three counts, or three times None for a measure without a figure per product.
    """
    from tagkit.measures.base import MeanMeasure

    if not isinstance(measure, MeanMeasure):
        return None, None, None
    counted = (base[:, 1] > 0) & (other[:, 1] > 0)
    gain = (other[counted, 0] - base[counted, 0]) * (1 if measure.better == "higher" else -1)
    return int((gain > 1e-12).sum()), int((abs(gain) <= 1e-12).sum()), int((gain < -1e-12).sum())
