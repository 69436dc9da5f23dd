"""Run one system of an experiment, seed after seed; a finished seed is kept until the whole command ends."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from tagkit import registry
from tagkit.cache import FitCache
from tagkit.errors import BudgetSpent, DataMissing, HostedError, MissingExtra, TagkitError, WeightsMissing
from tagkit.experiment import store
from tagkit.experiment._old_result import StrategyResult
from tagkit.experiment._old_spec import Refinement, System
from tagkit.experiment.compare import run_strategy, steps_of
from tagkit.product import Dataset, Product
from tagkit.refine import Step
from tagkit.tagger import take_synonyms
from tagkit.taggers import Tagger, create

ABSENT = {
    DataMissing: "data missing",
    MissingExtra: "package missing",
    WeightsMissing: "weights missing",
    BudgetSpent: "budget spent",
    HostedError: "no hosted model",
}
"""Errors that say that something is not here, so that the system is skipped; every other one makes it fail."""


class Kept:
    """Finished runs of an unfinished command, in the cache.

    Args:
        fresh: Whether to leave aside what an earlier, stopped command kept.
    """

    def __init__(self, fresh: bool = False) -> None:
        self.fresh = fresh
        self.taken = 0
        self._paths: list[Path] = []
        self._learnt = FitCache()

    def run(self, system: System, data: Dataset, seed: int | None) -> StrategyResult:
        """Return one run of a system, taken up from a stopped command or made now.

        Args:
            system: A system with a strategy.
            data: Its products.
            seed: Its seed; None: the parameters as they are.

        Raises:
            TagkitError: It cannot run.
        """
        tagger = tagger_of(system, seed)
        take_synonyms(tagger, data.synonyms)
        data = sample(data, system.share, seed or 0)
        if not data.train:
            data = data.with_parts(train=data.test)  # stored answers learn nothing, but ask for products
        steps = steps_of(tagger, None if system.refine is None else [*map(_step, system.refine)])
        what = " without ".join([system.strategy, *system.leave_out])
        path = store.place("reproductions", data, what, tagger, steps)
        own = path in self._paths
        self._paths.append(path)
        found = None if self.fresh and not own else store.read(path)
        if found is not None:
            self.taken += not own
            return found
        name = system.name if seed is None else f"{system.name}, seed {seed}"
        made = run_strategy(name, tagger, data, steps, self._learnt)
        store.write(path, made)
        return made

    def clear(self) -> None:
        """Forget the runs of this command: it has ended."""
        for path in self._paths:
            path.unlink(missing_ok=True)
        self._paths.clear()


def tagger_of(system: System, seed: int | None = None) -> Tagger:
    """Return a system's strategy, unfitted.

    Args:
        system: A system with a strategy.
        seed: Its seed; a strategy without that parameter has none where products are drawn by it.

    Raises:
        BadInput: The strategy lacks a parameter.
        MissingExtra: Its package is not installed.
    """
    made: Tagger = create(system.strategy, **system.params)
    if system.leave_out:
        made.set_params(skip_cleaning=system.leave_out)
    if seed is None or (system.share < 1 and "seed" not in made.get_params()):
        return made
    return made.set_params(seed=seed)


def sample(data: Dataset, share: float, seed: int) -> Dataset:
    """Draw a share of train and of dev at random, in their order; test stays whole.

    With one seed, a larger share holds all products of a smaller one.

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


def _step(step: Refinement) -> str | Step:
    """Return a refinement made with its parameters, or its name where it has none."""
    if isinstance(step, str):
        return step
    ((name, params),) = step.items()
    made: Step = registry.steps.get(name)(**params)
    return made


def absent(error: TagkitError) -> str:
    """Return why a system is skipped; "" for an error that makes it fail."""
    return next((f"{what}: {error}" for kind, what in ABSENT.items() if isinstance(error, kind)), "")
