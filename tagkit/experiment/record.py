"""What was measured of one row: its runs, their costs, and its scores."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from tagkit.experiment.to_json import to_plain
from tagkit.product import Tags

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
        runs: The score of each run, in the order of `RowResult.runs`; empty for a single run.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    sd: float | None = None
    p: float | None = None
    wins: int | None = None
    ties: int | None = None
    losses: int | None = None
    runs: tuple[float, ...] = ()

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
        runs = tuple(scale * value for value in self.runs)
        return replace(self, value=scale * self.value, low=scale * self.low, high=scale * self.high, sd=sd, runs=runs)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Build a score from plain JSON values, in which an undefined number is None."""
        undefined = {key: math.nan for key in ("value", "low", "high") if body[key] is None}
        runs = tuple(math.nan if value is None else value for value in body.get("runs", ()))
        return cls(**{**body, **undefined, "runs": runs})


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
        n_unread_photos: How many of the tagged products have photos of which the strategy could read none.
        params: The parameters of the strategy, its seed and the data's synonyms included; empty in a stored result.
        gpu: The name of the GPU; "" where none was used.
        tags: The ranked tags of each tagged product; None in a stored result.
    """

    seed: int | None = None
    fold: int | None = None
    fit_seconds: float = 0.0
    predict_seconds: float | None = None
    n_products: int = 0
    peak_mb: float | None = None
    n_truncated_chars: int = 0
    n_unread_photos: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)
    gpu: str = ""
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

    @property
    def n_unread_photos(self) -> int:
        """How many tagged products have photos of which the strategy could read none, the most of all runs."""
        return max(run.n_unread_photos for run in self.runs)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the tags as plain JSON values."""
        runs = [{key: value for key, value in vars(run).items() if key not in ("tags", "params")} for run in self.runs]
        costs = {key: getattr(self, key) for key in ("fit_seconds", "items_per_second", "peak_mb", "n_truncated_chars")}
        plain: dict[str, Any] = to_plain(vars(self) | {"runs": runs} | costs)
        return plain

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Build a record from what `to_json` returned."""
        known = {field.name: body[field.name] for field in fields(cls)}
        lists = {key: tuple(body[key]) for key in ("refine", "overlap", "notes")}
        return cls(**known | lists | {"runs": tuple(RowRun(**run) for run in body["runs"])})
