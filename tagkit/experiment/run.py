"""Run an experiment: fit, choose on dev, tag, measure, time; stop and resume."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tagkit.cache import FitCache
from tagkit.console import printable
from tagkit.errors import (
    BadInput,
    BudgetSpent,
    DataMissing,
    HostedError,
    MissingExtra,
    NotSetUp,
    TagkitError,
    WeightsMissing,
    did_you_mean,
)
from tagkit.experiment.computable import computable
from tagkit.experiment.environment import environment
from tagkit.experiment.failure import explain
from tagkit.experiment.fit import Job, fit, make_tagger, needed, refinements
from tagkit.experiment.record import RowResult, RowRun
from tagkit.experiment.result import Result, views_of
from tagkit.experiment.scoring import Tagged, score
from tagkit.experiment.spec import Experiment, Row
from tagkit.experiment.store import RunCache
from tagkit.experiment.worker import can_be_sent, measure, measure_apart, pack, start_server
from tagkit.pipeline import Pipeline
from tagkit.product import Dataset
from tagkit.progress import progress_bar
from tagkit.text.duplicates import unseen

NOT_SET_UP: dict[type[TagkitError], str] = {
    DataMissing: "data missing",
    MissingExtra: "package missing",
    WeightsMissing: "weights missing",
    BudgetSpent: "budget spent",
    HostedError: "no hosted model",
}
"""Errors that say that something is not there, so that a row is not run; every other one makes it fail."""
Around = Callable[[Row], AbstractContextManager[Any]]
log = logging.getLogger(__name__)


def run(
    experiment: Experiment,
    *,
    quick: bool = False,
    only: Collection[str] = (),
    data: Dataset | None = None,
    cache: RunCache | None = None,
    isolate: bool = True,
    progress: bool = True,
    around: Around | None = None,
    another_baseline: bool = False,
) -> Result:
    """Run an experiment.

    For each run of each row (one seed, one fold) the strategy is fitted on train, it and its refinements choose on dev,
    and the test products are tagged once. Every run has a process of its own, so that its memory and its speed do not
    depend on what ran before it; costly fits that several runs share are computed once and charged to each of them.
    Finished runs are kept in the cache until the command ends, so that a stopped one resumes.

    Args:
        experiment: The experiment.
        quick: Run only the rows that are quick.
        only: Run only the rows of these names; empty: all.
        data: The products; None: what the experiment names.
        cache: The finished runs of a command with several experiments, which then clears them itself.
        isolate: Whether each run has a process of its own; in the process of the caller its memory is not known, since
            that includes what ran before. A strategy that another process does not know, such as a class defined in a
            notebook, runs in this one all the same, which its notes say.
        progress: Whether to show a progress bar.
        around: Gives for each row a context in which its runs take place, for example to track them.
        another_baseline: Whether the first row that ran takes the place of a baseline that could not run.

    Returns:
        What was measured, and why other rows were not; without the measures that cannot be computed here.

    Raises:
        BadInput: No measure can be computed here.
    """
    if isolate:
        start_server()
    experiment = replace(experiment, measures=computable(experiment.measures))
    runs = cache or RunCache()
    state = _State(experiment, data)
    chosen = []
    for row in experiment.rows:
        if reason := left_out(row, quick, only):
            state.skipped[row.name] = reason
        else:
            chosen.append(row)
    total = sum(len(row.runs) for row in chosen)
    with progress_bar(total=total, shown=progress, unit="run", desc=printable(experiment.name), leave=False) as bar:
        for row in chosen:
            bar.set_postfix_str(printable(row.name))
            try:
                with around(row) if around else nullcontext():
                    _run_row(state, row, runs, isolate, bar.update)
            except Exception as error:  # whatever one strategy does, the others go on
                state.set_aside(row.name, error)
    if another_baseline and state.tagged and experiment.baseline not in state.tagged:
        experiment = replace(experiment, baseline=next(iter(state.tagged)))
        log.warning("the others are tested against %s instead", experiment.baseline)
    scores, tests, failed = score(experiment, state.tagged)
    for name, reason in failed.items():
        state.failed[name] = reason
    rows = {
        name: replace(row, test=tests.get(name, "")) for name, row in state.rows.items() if name not in state.failed
    }
    result = Result(
        experiment,
        rows,
        scores,
        state.failed,
        state.not_set_up,
        state.skipped,
        state.sizes(),
        state.licence(),
        {name: state.tagged[name].data for name in rows},
        _Maker(state, runs),
    )
    if cache is None:
        runs.clear()
    return result


def left_out(row: Row, quick: bool = False, only: Collection[str] = ()) -> str:
    """Return why a row is not run; "" for one that is."""
    if only and row.name not in only:
        return "not asked for"
    if not row.strategy:
        return "cited, computes nothing"
    return "not quick" if quick and not row.quick else ""


@dataclass
class _State:
    """What a call of `run` has found so far."""

    experiment: Experiment
    data: Dataset | None
    rows: dict[str, RowResult] = field(default_factory=dict)
    tagged: dict[str, Tagged] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    not_set_up: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    loaded: dict[str, Dataset | TagkitError] = field(default_factory=dict)
    packed: dict[str, bytes] = field(default_factory=dict)

    def load(self, row: Row) -> Dataset:
        """Load a row's products, once for all rows that read them alike, and try only once."""
        if self.data is not None and not row.options:
            return self.data
        key = repr(row.options)
        if key not in self.loaded:
            try:
                self.loaded[key] = self.experiment.data.load(**row.options)
            except TagkitError as error:
                self.loaded[key] = error
        found = self.loaded[key]
        if isinstance(found, TagkitError):
            raise found
        return found

    def pack(self, job: Job) -> bytes:
        """Return the data of a run as another process takes them, prepared once for all runs that have the same."""
        key = repr(job.row.options)
        if key not in self.packed:
            self.packed[key] = pack(job)
        return self.packed[key]

    def set_aside(self, name: str, error: Exception) -> None:
        """Note why a row could not run."""
        missing = error.missing if isinstance(error, NotSetUp) else ""
        missing = missing or next((what for kind, what in NOT_SET_UP.items() if isinstance(error, kind)), "")
        if missing:
            self.not_set_up[name] = missing
            self.skipped[name] = f"{missing}: {error}"
        else:
            self.failed[name] = explain(error, name)
            log.warning("%s could not run: %s", name, self.failed[name])

    def job(self, row: Row, seed: int | None, fold: int | None, runs: RunCache) -> Job:
        """Return one run of a row."""
        return Job(row, needed(self.experiment, row), self.experiment.data, self.load(row), seed, fold, runs.fits)

    def _own_data(self) -> Dataset | None:
        found = self.data or self.loaded.get(repr({}))
        return found if isinstance(found, Dataset) else None

    def sizes(self) -> dict[str, int]:
        """Count the products as the experiment's own options read them; nothing where no row that ran did so."""
        data = self._own_data()
        if data is None:
            return {}
        judged = sum(bool(product.tags) for product in data.test)
        return {part: len(getattr(data, part)) for part in ("train", "dev", "test")} | {"judged": judged}

    def licence(self) -> str:
        """Return the licence of the data."""
        data = self._own_data()
        return data.licence if data else ""


@dataclass(frozen=True)
class _Maker:
    """Makes the fitted pipeline of a run again; costly fits come from the cache of the command."""

    state: _State
    runs: RunCache

    def __call__(self, row: Row, run: RowRun) -> Pipeline:
        return fit(self.state.job(row, run.seed, run.fold, self.runs), FitCache(self.runs.fits))


def _run_row(state: _State, row: Row, runs: RunCache, isolate: bool, advance: Callable[[], object]) -> None:
    data = state.load(row)
    if not any(product.tags for product in ((*data.train, *data.dev) if row.folds else data.test)):
        raise BadInput(f"{data.name} has no test products with gold tags: there is nothing to measure")
    found: list[RowRun] = []
    counts: list[tuple[Counter[str], int]] = []
    notes: list[str] = []
    resumed = False
    tested: list[Dataset] = []
    for seed, fold in row.runs:
        job = state.job(row, seed, fold, runs)
        made, from_before = runs.read(job)
        resumed = resumed or from_before
        if made is None:
            apart = isolate and can_be_sent(job)
            if isolate and not apart:
                notes.append("ran in the process of the command, so its memory is not known")
            made = measure_apart(job, state.pack(job)) if apart else replace(measure(job), peak_mb=None)
            runs.write(job, made)
        found.append(made)
        parts = job.parts if row.folds else data
        counts.append((parts.tag_counts, len(parts.train)))
        tested.append(parts)
        advance()
    notes += _remarks(found[0], state.experiment)
    if row.folds:
        first = [part.test for run, part in zip(found, tested, strict=True) if run.seed == found[0].seed]
        tagged = data.with_parts(train=(), dev=(), test=[product for part in first for product in part])
    else:
        tagged = data
    around = dict(environment())
    around["machine"] = around["machine"] | {"gpu": found[0].gpu}
    if encoders := {name: digest for each in state.experiment.measures for name, digest in each.versions().items()}:
        around["encoders of measures"] = encoders
    state.tagged[row.name] = Tagged(tagged, found, counts)
    state.rows[row.name] = RowResult(
        runs=tuple(found),
        params={key: value for key, value in found[0].params.items() if key != "synonyms" or key in row.params},
        refine=tuple(map(repr, refinements(row, make_tagger(row)))),
        n_products={view: len(at) for view, at in views_of(tagged).items()},
        overlap=(len(tagged.test) - len(unseen(tagged)), len(tagged.test)),
        digest=data.digest,
        date=datetime.now(UTC).date().isoformat(),
        environment=around,
        fingerprint=state.experiment.fingerprint(row),
        resumed=resumed,
        notes=tuple(dict.fromkeys(notes)),
    )


def _remarks(run: RowRun, experiment: Experiment) -> list[str]:
    """Return what a reader should know of the tags of a run: that some are missing, or that ties decide a cut-off."""
    rows = run.tags or ()
    out = []
    if empty := sum(not tags for tags in rows):
        out.append(f"{empty} of {run.n_products} products got no tags")
    for k in sorted({k for cut in experiment.measures if isinstance(k := cut.params().get("k"), int)}):
        if tied := sum(len(tags) > k and tags[k - 1].score == tags[k].score for tags in rows):
            out.append(
                f"for {tied} of {run.n_products} products tags {k} and {k + 1} have equal scores: their order decides"
            )
    return out


def check_only(experiments: Collection[Experiment], only: Collection[str]) -> None:
    """Refuse a row that no experiment has.

    Raises:
        BadInput: There is none of that name.
    """
    names = [row.name for experiment in experiments for row in experiment.rows]
    for name in only:
        if name not in names:
            raise BadInput(f"no row is called {name!r}{did_you_mean(name, names)}; there are: {', '.join(names)}")
