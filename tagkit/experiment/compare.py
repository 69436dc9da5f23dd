"""Compare strategies on one data set: an experiment without expected scores, built from a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tagkit import registry, weights
from tagkit.creation import create
from tagkit.datasets import load
from tagkit.errors import BadInput, MissingExtra, did_you_mean
from tagkit.experiment.computable import computable
from tagkit.experiment.fit import fold_of, make_tagger
from tagkit.experiment.result import Result
from tagkit.experiment.run import Around, run
from tagkit.experiment.spec import Data, Experiment, Row
from tagkit.experiment.store import RunCache
from tagkit.measures import Measure, parse_all
from tagkit.measures.vectors import ENCODER
from tagkit.product import Dataset
from tagkit.refine import Chain, Step
from tagkit.tagger import Tagger
from tagkit.text.spelling import one_spelling

MEASURES = ("F1@M", "P@5", "R@10", "nDCG@10")
MORE_MEASURES = ("micro-F1", "macro-F1", "R(tags=absent)@10", "coverage@10", "ECE", "Brier", "OOV-rate")
BY_MEANING = ("semantic-F1@M", "semantic-Vendi@10")
"""What is measured beside them where the encoder is; `docs/results/measures.md` says why these."""
BY_CHARACTERS = ("Vendi@10",)
"""What is measured in their place where it is not."""


def compare(
    taggers: Iterable[str | Tagger] | Mapping[str, str | Tagger] | None = None,
    data: Any = "catalogue",
    measures: Sequence[str | Measure] | None = None,
    *,
    baseline: str | None = None,
    refine: Sequence[str | Step] | None = None,
    seeds: Sequence[int] = (),
    folds: int = 0,
    share: float = 1.0,
    seed: int = 0,
    samples: int = 1000,
    resume: bool = True,
    progress: bool = True,
    isolate: bool = True,
    tuned: Mapping[str, str] | None = None,
    cache: RunCache | None = None,
    around: Around | None = None,
) -> Result:
    """Fit strategies on train, choose on dev, tag test once, and measure.

    Each strategy is fitted on `data.train`. Its lists then pass the refinements, whose thresholds are chosen on
    `data.dev`; without a dev part, a tenth of train (by hash of the id) serves as dev. A strategy whose lists are its
    answer as they are (`Tagger.needs_threshold` is False) is not refined by default, and is fitted on all of train,
    since nothing is chosen on dev.

    Args:
        taggers: Names, "package.module:Class" of a strategy of your own, strategies, or any of them by name in the
            table; default: all registered ones.
        data: A data set, its name, the path of a file, or a pandas DataFrame. Of several spellings of one gold tag
            (T恤, t恤) the most frequent one of train stands for all.
        measures: Names or measures; the first one sorts the table. Default: accuracy, diversity and calibration, and
            entity or attribute F1 where the data has spans or attributes. Those by meaning need the encoder e5-small,
            which is downloaded only where all strategies take part, since some of these need it too.
        baseline: The strategy that the others are tested against; default: "lexicon" where it takes part, else the
            first, and the first that could run where that one could not.
        refine: Steps or their names for all strategies alike; () for none. Default: as said above.
        seeds: One run of each strategy per seed; a strategy without the parameter `seed` runs once.
        folds: Number of folds into which train and dev are cut; every fold is tagged by what was fitted on the others,
            and the test part is not used. 0: the test part is tagged.
        share: Which share of train and of dev is used, drawn anew by every seed.
        seed: Of resampling in intervals and tests.
        samples: Number of bootstrap samples and of random permutations.
        resume: Whether to use what a stopped comparison finished.
        progress: Whether to show a progress bar.
        isolate: Whether each run has a process of its own (see `tagkit.experiment.run.run`).
        tuned: By strategy, what the report is to say of the search that chose its parameters (`Tuned.remark`).
        cache: The finished runs, which the caller clears once the result is safe; None: they are cleared at the end.
        around: See `tagkit.experiment.run.run`.

    Returns:
        The result; a strategy that could not run is in `failed` or `not_set_up` with the reason.

    Raises:
        UnknownName: A name is not registered.
        BadInput: There is nothing to compare, the given baseline does not take part or could not run, no strategy could
            run, an argument is out of range, or the data has no tagged test products.
    """
    data = one_spelling(data if isinstance(data, Dataset) else load(data))
    if not any(product.tags for product in data.test) and not folds:
        raise BadInput(f"{data.name} has no test products with gold tags: there is nothing to measure")
    if samples < 1:
        raise BadInput(f"`samples` must be 1 or more, not {samples}")
    if folds and folds < 2:
        raise BadInput(f"`folds` must be 2 or more, not {folds}")
    for fold in range(folds):
        fold_of(data, folds, fold)  # refuses too many of them before anything runs
    if not 0 < share <= 1:
        raise BadInput(f"`share` must be above 0 and up to 1, not {share}")
    wanted = default_measures(data, download=taggers is None) if measures is None else measures
    chosen = computable(parse_all(wanted), data)
    template = Row(
        name="",
        seeds=tuple(seeds) or ((0,) if share < 1 else ()),
        folds=folds,
        share=share,
        refine=None if refine is None else tuple(refine),
    )
    rows = _rows(registry.taggers.names_of_texts() if taggers is None else taggers, template, tuned or {})
    Chain(refine or ()).for_data(data)  # says what a refinement lacks before anything is fitted
    names = [row.name for row in rows]
    base = baseline or next(
        (n for n in ("lexicon", *names) if n in names and _has_package(rows[names.index(n)])), names[0]
    )
    if base not in names:
        raise BadInput(
            f"the baseline {base!r} does not take part{did_you_mean(base, names)}; there are: {', '.join(names)}"
        )
    experiment = Experiment(data.name, Data(data.name), rows, tuple(chosen), base, seed=seed, samples=samples)
    runs = cache or RunCache(fresh=not resume)
    result = run(
        experiment,
        data=data,
        cache=runs,
        isolate=isolate,
        progress=progress,
        around=around,
        another_baseline=not baseline,
    )
    why = {name: result.failed.get(name) or result.skipped.get(name, "") for name in names}
    if not result.rows and len(names) > 1:
        raise BadInput(f"no strategy could run: {'; '.join(f'{name}: {reason}' for name, reason in why.items())}")
    if result.baseline not in result.rows:
        raise BadInput(f"the baseline {base} could not run: {why[base]}")
    if cache is None:
        runs.clear()
    return result


def default_measures(data: Dataset, *, download: bool = False) -> tuple[str, ...]:
    """Return what is measured on a data set by default.

    Args:
        data: The products.
        download: Whether the encoder of the measures by meaning is downloaded; otherwise they are among the measures
            only where it is on this machine already.
    """
    special: tuple[str, ...] = ()
    if any(tag.spans for product in data.test for tag in product.annotations):
        special += ("entity-F1",)
    if any(product.attributes and product.annotations for product in data.test):
        special += ("attribute-F1",)
    more = BY_MEANING if download or weights.where(ENCODER) else BY_CHARACTERS
    return MEASURES[:1] + special + MEASURES[1:] + more + MORE_MEASURES


def _rows(
    taggers: Iterable[str | Tagger] | Mapping[str, str | Tagger], template: Row, tuned: Mapping[str, str]
) -> tuple[Row, ...]:
    """Return one row per strategy."""
    if isinstance(taggers, str):
        raise BadInput("`taggers` is a list: put the name in a list")
    pairs = taggers.items() if isinstance(taggers, Mapping) else ((None, tagger) for tagger in taggers)
    rows: dict[str, Row] = {}
    for label, given in pairs:
        kind = given if isinstance(given, str) else given.name
        if isinstance(given, str) and registry.is_reference(given):
            given = create(given)  # imported here; other processes receive the object
        if isinstance(given, str):
            row = replace(template, strategy=given)
            if given not in registry.taggers:
                registry.taggers.get(given)  # says which names there are
        else:
            row = replace(template, strategy=given.name, params=given.get_params(), tagger=given.clone())
        name = label or kind
        if name in rows:
            raise BadInput(f"two strategies are called {name!r}: give them names, as in {{'a': ..., 'b': ...}}")
        rows[name] = _with_seeds(replace(row, name=name, tuned=tuned.get(kind, "")))
    if not rows:
        raise BadInput("there is no strategy to compare")
    return tuple(rows.values())


def _with_seeds(row: Row) -> Row:
    """Return a row with a single run per fold where its strategy has no seed and products are not drawn by one."""
    if not row.seeds or row.share < 1 or not _has_package(row):
        return row
    return row if "seed" in make_tagger(row).get_params() else replace(row, seeds=())


def _has_package(row: Row) -> bool:
    """Say whether the packages of a row's strategy are installed."""
    try:
        make_tagger(row)
    except MissingExtra:
        return False
    return True
