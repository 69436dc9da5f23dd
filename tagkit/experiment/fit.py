"""Fit one run of a row: its products, the strategy, what is done to it after fitting, and its refinements."""

from __future__ import annotations

import inspect
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tagkit import registry
from tagkit.cache import FitCache
from tagkit.creation import create, take_synonyms
from tagkit.datasets.split import bucket
from tagkit.errors import BadInput
from tagkit.experiment.spec import Data, Experiment, Refinement, Row
from tagkit.pipeline import Pipeline, default_refinements, train_and_dev
from tagkit.product import Dataset, Product
from tagkit.refine import Step
from tagkit.tagger import Tagger

DEV_SHARE = 10
"""One of so many products outside a fold is dev."""


@dataclass(frozen=True)
class Job:
    """One run of a row, with everything that it needs; it can be sent to another process.

    Attributes:
        row: The row.
        rows: The rows that it combines or that label for it, by name.
        source: Where the experiment's products come from.
        data: The products, as the row's options read them.
        seed: Of the run; None where the row has none.
        fold: Of the run, from 0; None where the row has none.
        fits: The folder of the costly fits of the command; None: nothing is shared.
    """

    row: Row
    rows: Mapping[str, Row]
    source: Data
    data: Dataset
    seed: int | None = None
    fold: int | None = None
    fits: Path | None = None

    @cached_property
    def parts(self) -> Dataset:
        """The products of the run: those of its fold, and its share of train and dev."""
        data = self.data if self.fold is None else fold_of(self.data, self.row.folds, self.fold)
        data = sample(data, self.row.share, self.seed or 0)
        # Stored answers are not fitted on anything, but `fit` wants products.
        return data if data.train else data.with_parts(train=data.test)

    def other(self, name: str, seed: int | None) -> Job:
        """Return the job of a row that this one needs."""
        return replace(self, row=replace(self.rows[name], folds=self.row.folds), seed=seed)


def needed(experiment: Experiment, row: Row) -> dict[str, Row]:
    """Return the rows that a row combines or that label for it, and those that they need, by name."""
    names = [*row.of, *([row.self_training.by] if row.self_training else [])]
    found: dict[str, Row] = {}
    for name in names:
        other = experiment.row(name)
        found |= {name: other} | needed(experiment, other)
    return found


def fit(job: Job, cache: FitCache) -> Pipeline:
    """Fit a run.

    Raises:
        TagkitError: It cannot be fitted.
    """
    row, data = job.row, job.parts
    if row.self_training:
        data = data.with_parts(train=[*data.train, *_labelled(job, row.self_training.by, cache)])
    tagger = make_tagger(row, job.seed)
    steps = refinements(row, tagger)
    if row.of:
        train, dev = train_and_dev(data)
        parts = [
            fit(job.other(name, seed), cache).tagger for name in row.of for seed in job.rows[name].seeds or (None,)
        ]
        made = _combine(tagger, parts, train, dev)
        return Pipeline.refined(made, data, dev, steps)
    if not row.decoding:
        return Pipeline.fit(tagger, data, steps, cache)
    take_synonyms(tagger, data.synonyms)
    train, dev = train_and_dev(data)
    tagger.fit(train, dev=dev, cache=cache)
    if not hasattr(tagger, "set_decoding"):
        raise BadInput(f"{row.name}: {tagger.name} does not decode, so it has no `decoding` to set")
    tagger.set_decoding(dev, **row.decoding)
    return Pipeline.refined(tagger, data, dev, steps)


def make_tagger(row: Row, seed: int | None = None) -> Tagger:
    """Return a row's strategy, unfitted.

    Args:
        row: A row with a strategy.
        seed: Its seed; a strategy without that parameter needs none where products are drawn by the seed or where the
            row combines others.

    Raises:
        BadInput: The strategy lacks a parameter.
        MissingExtra: Its package is not installed.
    """
    tagger = row.tagger.clone() if row.tagger else create(row.strategy, **row.params)
    if seed is None or ("seed" not in tagger.get_params() and (row.share < 1 or row.tagger or row.folds)):
        return tagger
    return tagger.set_params(seed=seed)


def refinements(row: Row, tagger: Tagger) -> list[Step]:
    """Return the refinements behind a row's strategy, unfitted."""
    return list(map(make_step, default_refinements(tagger) if row.refine is None else row.refine))


def make_step(step: Refinement) -> Step:
    """Return a refinement as an object of its own, unfitted."""
    if isinstance(step, Step):
        return type(step)(**step.params())
    name, params = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    made: Step = registry.steps.get(name)(**params)
    return made


def _combine(tagger: Tagger, parts: Sequence[Tagger], train: Sequence[Product], dev: Sequence[Product]) -> Tagger:
    """Return a combination of fitted strategies; what it learns itself, it learns on dev."""
    kind: Any = type(tagger)
    if not hasattr(kind, "from_fitted"):
        raise BadInput(f"{tagger.name} does not combine strategies; `of` goes with ensemble and hybrid")
    params = {key: value for key, value in tagger.get_params().items() if key != "taggers"}
    products = (train, dev) if "train" in inspect.signature(kind.from_fitted).parameters else ()
    made: Tagger = kind.from_fitted(parts, *products, **params)
    return made


def _labelled(job: Job, by: str, cache: FitCache) -> list[Product]:
    """Return further texts with the tags that another row gives them; those in the row's own data are left out."""
    assert job.row.self_training
    teacher = fit(job.other(by, next(iter(job.rows[by].seeds), None)), cache)
    more = job.source.load(**job.row.self_training.options)
    known = {product.text for product in job.data.products}
    fresh = [product for product in more.train if product.text not in known]
    rows = zip(fresh, teacher.predict(fresh), strict=True)
    return [replace(p, annotations=tuple(row), tags=tuple({tag.text: 0 for tag in row})) for p, row in rows]


def sample(data: Dataset, share: float, seed: int) -> Dataset:
    """Draw a share of train and of dev at random, in their order; test stays whole.

    With one seed, a larger share contains all products of a smaller one.

    Args:
        data: The products.
        share: Above 0 and up to 1; of a part that is not empty at least one product stays.
        seed: Of the drawing.
    """
    if share >= 1:
        return data
    return data.with_parts(train=_draw(data.train, share, seed), dev=_draw(data.dev, share, seed))


def _draw(products: Sequence[Product], share: float, seed: int) -> list[Product]:
    order = list(range(len(products)))
    random.Random(seed).shuffle(order)
    return [products[at] for at in sorted(order[: max(1, round(share * len(order)))])]


def fold_of(data: Dataset, count: int, fold: int) -> Dataset:
    """Return the products of one fold of train and dev, by hash of the id; the test part is not used.

    Args:
        data: The products.
        count: Number of folds.
        fold: Which, from 0.

    Returns:
        A data set whose test part is the fold; of the other folds one tenth is dev.

    Raises:
        BadInput: Fewer than two folds, or the fold is empty.
    """
    pool = (*data.train, *data.dev)
    if count < 2:
        raise BadInput(f"the number of folds is 2 or more, not {count}")
    inside = [bucket(product.id, count * DEV_SHARE) % count == fold for product in pool]
    if not any(inside):
        raise BadInput(f"{data.name} has too few products in train and dev for {count} folds")
    rest = [product for product, at in zip(pool, inside, strict=True) if not at]
    dev = [bucket(product.id, count * DEV_SHARE) // count == 0 for product in rest]
    return data.with_parts(
        train=(product for product, at in zip(rest, dev, strict=True) if not at),
        dev=(product for product, at in zip(rest, dev, strict=True) if at),
        test=(product for product, at in zip(pool, inside, strict=True) if at),
    )
