"""Run an experiment: each system that is asked for, with the reason why another is not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tagkit.errors import BadInput, TagkitError, did_you_mean
from tagkit.experiment import loading, measuring
from tagkit.experiment._old_result import StrategyResult
from tagkit.experiment._old_spec import Experiment, System
from tagkit.experiment.environment import surroundings
from tagkit.experiment.outcome import Measured, Outcome
from tagkit.experiment.run import Kept, absent
from tagkit.product import Dataset


def reproduce(
    experiment: Experiment,
    *,
    quick: bool = False,
    only: Collection[str] = (),
    kept: Kept | None = None,
    say: Callable[[str], None] | None = None,
) -> Outcome:
    """Run an experiment.

    Args:
        experiment: The experiment.
        quick: Run only the systems that are quick.
        only: Run only the systems of these names; empty: all.
        kept: Takes up what a stopped command finished, and keeps what this one finishes.
        say: Is told what runs.

    Returns:
        What was measured, and why other systems were not.
    """
    kept = kept or Kept()
    skipped = {system.name: why for system in experiment.systems if (why := left_out(system, quick, only))}
    broken: dict[str, str] = {}
    measured: dict[str, Measured] = {}
    runs: dict[str, tuple[Dataset, Sequence[StrategyResult]]] = {}
    loaded: dict[str, Dataset | TagkitError] = {}
    for system in experiment.systems:
        if system.name in skipped:
            continue
        if say:
            say(f"{experiment.name}: {system.name}")
        try:
            data = _load(experiment, system, loaded)
            measured[system.name], found = _measure(experiment, system, data, kept)
            runs[system.name] = data, found
        except TagkitError as error:
            if why := absent(error):
                skipped[system.name] = why
            else:
                broken[system.name] = str(error)
    for name, p in measuring.tests(experiment, runs).items():
        first = experiment.measures[0]
        cells = measured[name].cells
        measured[name] = replace(measured[name], cells={**cells, first: replace(cells[first], p=p)})
    return Outcome(experiment, measured, skipped, broken, _facts(loaded))


def left_out(system: System, quick: bool, only: Collection[str]) -> str:
    """Return why a system is not run; "" for one that is."""
    if only and system.name not in only:
        return "not asked for"
    if not system.strategy:
        return "cited, computes nothing"
    return "not quick" if quick and not system.quick else ""


def _load(experiment: Experiment, system: System, loaded: dict[str, Dataset | TagkitError]) -> Dataset:
    """Load a system's products once for all that read them alike, and try only once."""
    key = repr(system.options)
    if key not in loaded:
        try:
            loaded[key] = loading.products(experiment.data, system.options)
        except TagkitError as error:
            loaded[key] = error
    found = loaded[key]
    if isinstance(found, TagkitError):
        raise found
    return found


def _measure(
    experiment: Experiment, system: System, data: Dataset, kept: Kept
) -> tuple[Measured, Sequence[StrategyResult]]:
    if not any(product.tags for product in data.test):
        raise BadInput(f"{data.name} has no test products with gold tags: there is nothing to measure")
    before = kept.taken
    found = [kept.run(system, data, seed) for seed in system.seeds or (None,)]
    notes = []
    if empty := sum(not row for row in found[0].tags):
        notes.append(f"{empty} of {len(found[0].tags)} products got no tags")
    if unread := max(run.unread for run in found):
        notes.append(f"{unread:,} characters were not read")
    peaks = [run.peak_mb for run in found if run.peak_mb is not None]
    return Measured(
        cells=measuring.cells(experiment, system, data, found),
        seconds=sum(run.fit_seconds + run.predict_seconds for run in found),
        runs=len(found),
        date=datetime.now(UTC).date().isoformat(),
        around=surroundings(),
        digest=data.digest,
        shared=(len(data.test) - len(data.unseen()), len(data.test)),
        peak_mb=max(peaks, default=None),
        kept=kept.taken > before,
        notes=tuple(notes),
    ), found


def _facts(loaded: dict[str, Dataset | TagkitError]) -> dict[str, int]:
    """Count the products as the experiment's own options read them; nothing where no row that ran did so."""
    data = loaded.get(repr({}))
    if not isinstance(data, Dataset):
        return {}
    return {part: len(getattr(data, part)) for part in ("train", "dev", "test")}


def check_only(experiments: Sequence[Experiment], only: Collection[str]) -> None:
    """Refuse a system that no experiment has.

    Raises:
        BadInput: There is none of that name.
    """
    names = [system.name for experiment in experiments for system in experiment.systems]
    for name in only:
        if name not in names:
            raise BadInput(f"no system is called {name!r}{did_you_mean(name, names)}; there are: {', '.join(names)}")
