"""Run one system of an experiment, seed after seed; a finished seed is kept until the whole command ends."""

from __future__ import annotations

from pathlib import Path

from tagkit import checkpoints
from tagkit.comparison import run_strategy, steps_of
from tagkit.errors import BudgetSpent, DataMissing, HostedError, MissingExtra, TagkitError, WeightsMissing
from tagkit.product import Dataset
from tagkit.reproduction.form import System
from tagkit.results import StrategyResult
from tagkit.taggers import create
from tagkit.taggers.base import take_synonyms

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

    def run(self, system: System, data: Dataset, seed: int | None) -> StrategyResult:
        """Return one run of a system, taken up from a stopped command or made now.

        Args:
            system: A system with a strategy.
            data: Its products.
            seed: Its seed; None: the parameters as they are.

        Raises:
            TagkitError: It cannot run.
        """
        tagger = create(system.strategy, **system.params, **({} if seed is None else {"seed": seed}))
        take_synonyms(tagger, data.synonyms)
        if not data.train:
            data = data.with_parts(train=data.test)  # stored answers learn nothing, but ask for products
        steps = steps_of(tagger, system.refine)
        path = checkpoints.place("reproductions", data, system.strategy, tagger, steps)
        self._paths.append(path)
        found = None if self.fresh else checkpoints.read(path)
        if found is not None:
            self.taken += 1
            return found
        name = system.name if seed is None else f"{system.name}, seed {seed}"
        made = run_strategy(name, tagger, data, steps)
        checkpoints.write(path, made)
        return made

    def clear(self) -> None:
        """Forget the runs of this command: it has ended."""
        for path in self._paths:
            path.unlink(missing_ok=True)
        self._paths.clear()


def absent(error: TagkitError) -> str:
    """Return why a system is skipped; "" for an error that makes it fail."""
    return next((f"{what}: {error}" for kind, what in ABSENT.items() if isinstance(error, kind)), "")
