"""Compare strategies on one data set: fit, tag, measure, test; stop and resume."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from tqdm.auto import tqdm

from tagkit import registry
from tagkit.cache import FitCache
from tagkit.datasets import load
from tagkit.datasets.split import split_of
from tagkit.errors import BadInput, MissingExtra, TagkitError
from tagkit.experiment import store
from tagkit.experiment._old_result import Comparison, StrategyResult
from tagkit.measures import Measure, parse_all
from tagkit.product import Dataset
from tagkit.refine import Chain, Step
from tagkit.tagger import take_synonyms
from tagkit.taggers import Tagger, create

log = logging.getLogger(__name__)
MEASURES = ("F1@M", "P@5", "R@10", "nDCG@10", "micro-F1", "macro-F1", "R(tags=absent)@10", "ILD@10")
MORE_MEASURES = ("Vendi@10", "coverage@10", "redundancy@10", "ECE", "Brier", "OOV-rate")
REFINE = ("thresholds", "limit")


def compare(
    taggers: Iterable[str | Tagger] | Mapping[str, Tagger] | None = None,
    data: str | Path | Dataset = "catalogue",
    measures: Sequence[str | Measure] | None = None,
    *,
    baseline: str | None = None,
    refine: Sequence[str | Step] | None = None,
    seed: int = 0,
    samples: int = 1000,
    resume: bool = True,
    progress: bool = True,
    tuned: Mapping[str, str] | None = None,
) -> Comparison:
    """Fit strategies on train, choose on dev, tag test once, and measure.

    Each strategy learns from `data.train`. Its lists then pass the refinements, whose thresholds are chosen on
    `data.dev`; without a dev part, a tenth of train (by hash of the id) serves as dev. A strategy whose lists are its
    answer as they are (`Tagger.needs_threshold` is False) is not refined by default, and learns from all of train,
    having nothing to choose on dev. Finished strategies are kept in the cache until the comparison ends, so that a
    stopped one resumes.

    Args:
        taggers: Names, strategies, or strategies by name in the table; all registered ones if absent.
        data: A data set, its name, or the path of a file.
        measures: Names or measures; the first sorts the table. Absent: accuracy, diversity and calibration, and
            entity or attribute F1 where the data has spans or attributes.
        baseline: The strategy that the others are tested against; "lexicon" where it takes part, else the first.
        refine: Steps or their names for all strategies alike; () for none. Absent: as said above.
        seed: Of bootstrap and randomisation.
        samples: Bootstrap samples and random exchanges.
        resume: Whether to use strategies that an interrupted comparison finished.
        progress: Whether to show a progress bar.
        tuned: By strategy what the report is to say of the search that chose its parameters (`Tuned.remark`).

    Returns:
        The comparison; a strategy that could not run stands in `failed` with the reason.

    Raises:
        UnknownName: A name is not registered.
        BadInput: There is nothing to compare, the baseline takes no part or could not run, `samples` is below 1, or the
            data has no tagged test products.
    """
    data = data if isinstance(data, Dataset) else load(data)
    if not any(product.tags for product in data.test):
        raise BadInput(f"{data.name} has no test products with gold tags: there is nothing to measure")
    if samples < 1:
        raise BadInput(f"`samples` must be 1 or more, not {samples}")
    failed: dict[str, str] = {}
    chosen = _named(registry.taggers.names() if taggers is None else taggers, data, failed)
    base = baseline or ("lexicon" if "lexicon" in chosen else next(iter(chosen), ""))
    if base in failed:
        raise BadInput(f"the baseline {base} could not run: {failed[base]}")
    if base not in chosen:
        raise BadInput(f"the baseline {base!r} takes no part; there are: {', '.join(chosen) or 'no strategies'}")
    chosen_measures = tuple(parse_all(default_measures(data) if measures is None else measures))
    results: list[StrategyResult] = []
    done: list[Path] = []
    learnt = FitCache()
    bar = tqdm(chosen.items(), disable=not progress, unit="strategy", desc=f"comparing on {data.name}")
    for name, tagger in bar:
        bar.set_postfix_str(name)
        steps = steps_of(tagger, refine)
        keep = store.place("comparisons", data, name, tagger, steps)
        result = store.read(keep) if resume else None
        if result is None:
            try:
                result = run_strategy(name, tagger, data, steps, learnt)
            except TagkitError as error:
                _set_aside(failed, name, error)
                continue
            store.write(keep, result)
        done.append(keep)
        results.append(result)
    if base not in {result.name for result in results}:
        raise BadInput(f"the baseline {base} could not run: {failed.get(base, '')}")
    comparison = Comparison(data, tuple(results), chosen_measures, base, seed, samples, failed, dict(tuned or {}))
    _ = comparison.table
    for path in done:
        path.unlink(missing_ok=True)
    return comparison


def default_measures(data: Dataset) -> tuple[str, ...]:
    """Return what is measured on a data set unless one says otherwise."""
    special: tuple[str, ...] = ()
    if any(tag.spans for product in data.test for tag in product.annotations):
        special += ("entity-F1",)
    if any(product.attributes and product.annotations for product in data.test):
        special += ("attribute-F1",)
    return MEASURES[:1] + special + MEASURES[1:] + MORE_MEASURES


def run_strategy(
    name: str, tagger: Tagger, data: Dataset, steps: Sequence[str | Step], learnt: FitCache | None = None
) -> StrategyResult:
    """Fit one strategy, refine on dev, tag the test products, and note time and memory.

    Args:
        name: What it is called in the table.
        tagger: The strategy, unfitted.
        data: The data set.
        steps: Its refinements.
        learnt: What strategies before it learnt; a member that was among them does not learn again, and its time counts
            as if it had.
    """
    learnt = learnt or FitCache()
    saved = learnt.saved
    train, dev = _train_and_dev(data, whole=not tagger.needs_threshold and not steps)
    with _peak_memory() as peak:
        start = time.perf_counter()
        tagger.fit(train, dev=dev, cache=learnt)
        given = Chain(steps)
        chain = given.for_data(data)
        if chain.chooses and dev:
            chain.fit(tagger.predict(dev), dev)
        fitted = time.perf_counter()
        tags = chain(tagger.predict(data.test), data.test)
        tagged = time.perf_counter()
    unread = sum(tagger.n_truncated_chars(data.test))
    costs = (fitted - start + learnt.saved - saved, tagged - fitted, peak.mb, unread)
    return StrategyResult(name, tagger.get_params(), tags, *costs, tuple(map(repr, given.steps)))


def _set_aside(failed: dict[str, str], name: str, error: TagkitError) -> None:
    failed[name] = str(error)
    log.warning("%s could not run: %s", name, error)


def _named(
    taggers: Iterable[str | Tagger] | Mapping[str, Tagger], data: Dataset, failed: dict[str, str]
) -> dict[str, Tagger]:
    """Return unfitted strategies by name; those that take synonyms get the data set's.

    A strategy whose package is not installed goes to `failed`.
    """
    if isinstance(taggers, str):
        raise BadInput("`taggers` is a list: put the name in a list")
    pairs = taggers.items() if isinstance(taggers, Mapping) else ((None, tagger) for tagger in taggers)
    named: dict[str, Tagger] = {}
    for label, tagger in pairs:
        try:
            made = create(tagger) if isinstance(tagger, str) else tagger.clone()
        except MissingExtra as error:
            _set_aside(failed, label or str(tagger), error)
            continue
        take_synonyms(made, data.synonyms)
        name = label or made.name
        if name in named:
            raise BadInput(f"two strategies are called {name!r}: give them names, as in {{'a': ..., 'b': ...}}")
        named[name] = made
    if not named:
        raise BadInput(f"there is no strategy to compare{''.join(f'; {reason}' for reason in failed.values())}")
    return named


def steps_of(tagger: Tagger, refine: Sequence[str | Step] | None) -> tuple[str | Step, ...]:
    """Return a strategy's refinements: those given, else the default ones unless its lists are its answer."""
    if refine is not None:
        return tuple(refine)
    return REFINE if tagger.needs_threshold else ()


def _train_and_dev(data: Dataset, *, whole: bool) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return what a strategy learns from and chooses on; without dev, a tenth of train serves, unless `whole`."""
    if whole or any(product.tags for product in data.dev):
        return data.train, data.dev
    parts: dict[bool, list[Any]] = {True: [], False: []}
    for product in data.train:
        parts[split_of(product.id) == "dev"].append(product)
    return (parts[False], parts[True]) if parts[False] and parts[True] else (data.train, ())


class _Peak:
    mb: float | None = None


@contextmanager
def _peak_memory() -> Any:
    """Watch the memory of this process in a thread; `.mb` is the peak resident set in MiB."""
    peak, process, stop = _Peak(), psutil.Process(), threading.Event()

    def look() -> None:
        peak.mb = max(peak.mb or 0.0, process.memory_info().rss / 2**20)

    def watch() -> None:
        while not stop.wait(0.02):
            look()

    look()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
        look()
