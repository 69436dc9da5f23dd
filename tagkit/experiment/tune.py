"""Choose a strategy's parameters on dev by a small search that can be stopped and resumed."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import tagkit
from tagkit.console import printable
from tagkit.creation import take_synonyms
from tagkit.datasets import load
from tagkit.datasets.split import bucket
from tagkit.errors import BadInput, MissingExtra
from tagkit.experiment import space as spaces
from tagkit.experiment.failure import explain
from tagkit.experiment.fit import Job
from tagkit.experiment.on_dev import halves, held_out, score_folds, value_of
from tagkit.experiment.spec import Data, Row
from tagkit.experiment.tuned import Trial, Tuned
from tagkit.experiment.worker import measure as measure_run
from tagkit.files import named_files
from tagkit.measures import Measure, parse
from tagkit.product import Dataset, Tag, Tags
from tagkit.progress import progress_bar
from tagkit.registry import missing_extra
from tagkit.tagger import Space
from tagkit.taggers import Tagger, create

SEEDS = 2**32
SMALL = 20
"""Up to so many combinations are all tried, without Optuna's help."""
log = logging.getLogger(__name__)


def tune(
    strategy: str,
    data: str | Path | Dataset = "catalogue",
    trials: int = 20,
    measure: str | Measure = "F1@M",
    seed: int = 0,
    space: Space | None = None,
    params: Mapping[str, Any] | None = None,
    *,
    folder: str | Path | None = None,
    fresh: bool = False,
    progress: bool = True,
) -> Tuned:
    """Search a strategy's parameters with a budget of trials.

    The first trial has the parameters as they are; the tree-structured Parzen estimator (TPE) proposes the others. Of
    a space with at most 20 combinations each is tried once, in random order, and then the search ends.

    Each trial fits on train and is scored on dev. The strategy and the thresholds that `compare` puts behind it choose
    on dev as well, so dev is halved by the seed: fitted with one half at hand, the strategy is scored on the other, and
    the other way round, and the score is that of both halves together. A strategy whose lists are its answer
    (`Tagger.needs_threshold` is False) has no thresholds and is fitted once, without dev. Without a dev part, a tenth
    of train by the seed is held out in its place. Test is never read. The best score is the best of many on the same
    products and therefore too high; `compare` measures on test what the parameters are worth.

    Every trial is stored when it ends, in an SQLite file that Optuna's own tools read as well. The same call resumes
    there, and gives what it would have given without the stop, as does a larger `trials`. A trial that fails counts.
    One that repeats earlier parameters counts too, but is not run again.

    Args:
        strategy: A name.
        data: A data set, its name, or the path of a file.
        trials: How many parameters to try, those that are tried already included.
        measure: What the best parameters are best by.
        seed: Of the search and of how dev is split.
        space: By parameter a list of choices, or a range (low, high) or (low, high, "log"); the strategy's own if
            absent.
        params: Parameters that are fixed at another value than their default.
        folder: Gets `trials.db` and `tuned.json`; default: one below `runs/tune` that follows from the arguments.
        fresh: Whether to begin anew.
        progress: Whether to show a progress bar.

    Returns:
        The parameters and all trials.

    Raises:
        UnknownName: No strategy, measure or data set has that name.
        BadInput: The space, a parameter or `trials` is invalid, there are too few products with tags, the measure
            is undefined on them, another process works in the folder, or no trial gave a score.
        MissingExtra: Optuna or what the strategy needs is not installed.

    Source: TPE: Bergstra et al., Algorithms for Hyper-Parameter Optimization (NeurIPS 2011), by Optuna: Akiba et al.,
    Optuna: A Next-generation Hyperparameter Optimization Framework (KDD 2019).
    """
    if trials < 1:
        raise BadInput(f"`trials` must be 1 or more, not {trials}")
    by = parse(measure)
    by.prepare(())
    tagger = create(strategy, **dict(params or {}))
    searched = spaces.searched(tagger, space, set(params or {}))
    data = data if isinstance(data, Dataset) else load(data)
    train, dev, part = held_out(data, seed)
    folds = halves(tagger, dev, seed)
    gold = [list(product.annotations) or [Tag(tag) for tag in product.tags] for product in dev]
    if value_of(by, data.with_parts(train=train), gold, dev) is None:
        raise BadInput(f"{by} is undefined on the {part} of {data.name}")
    plan = Tuned(
        strategy,
        data.name,
        data.with_parts(test=()).digest,
        str(by),
        by.better,
        seed,
        {name: spaces.written(values) for name, values in searched.items()},
        dict(params or {}),
        part,
        len(dev),
        version=tagkit.__version__,
        files=named_files([tagger, *searched.values()]),
    )
    home = Path(folder) if folder else plan.folder
    take_synonyms(tagger, data.synonyms)

    def score(chosen: Mapping[str, Any]) -> tuple[float, float]:
        """Return the score of some parameters and the seconds it took."""
        seconds = 0.0

        def tag(parts: Dataset) -> Tags:
            nonlocal seconds
            row = Row(strategy, strategy, {**(params or {}), **chosen})
            run = measure_run(Job(row, {}, Data(data.name), parts))
            seconds += run.fit_seconds + (run.predict_seconds or 0.0)
            return run.tags or []

        value = score_folds(by, data, train, folds, tag)
        if value is None:
            raise BadInput(f"{by} is undefined")
        return value, seconds

    with _alone(home):
        search = _Search(home / "trials.db", plan.key, tagger, searched, by, seed, fresh)
        about = printable(f"tuning {strategy} on {data.name}")
        for trial in progress_bar(range(trials), shown=progress, unit="trial", desc=about):
            if trial >= len(search.done()) and not search.step(score):
                break
        done = tuple(search.done()[:trials])
        if all(trial.value is None for trial in done):
            raise BadInput(f"no trial of {strategy} gave a score, the first for this reason: {done[0].error}")
        tuned = replace(plan, trials=done)
        tuned.write(home / "tuned.json")
    return tuned


class _Search:
    """The trials of one search, in Optuna's storage.

    Each trial has its own seed, which follows from the search's and from how many trials ended before it, so that a
    search that was stopped continues as if it had not been.
    """

    def __init__(self, path: Path, key: str, tagger: Tagger, space: Space, by: Measure, seed: int, fresh: bool) -> None:
        try:
            import optuna
            from sqlalchemy.exc import SQLAlchemyError
        except ModuleNotFoundError as error:
            raise missing_extra(error, "tuning") from error
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        if fresh:
            path.unlink(missing_ok=True)
        directions = optuna.study.StudyDirection
        try:
            self.study = optuna.create_study(
                storage=f"sqlite:///{path.absolute().as_posix()}",
                study_name=key,
                direction=directions.MAXIMIZE if by.better == "higher" else directions.MINIMIZE,
                load_if_exists=True,
            )
        except (SQLAlchemyError, RuntimeError) as error:
            raise BadInput(f"{path} cannot be used ({error}); --fresh begins anew") from error
        self.optuna, self.space, self.seed = optuna, space, seed
        self.grid = spaces.combinations(space, SMALL)
        self.first = {name: json.loads(json.dumps(tagger.get_params()[name])) for name in space}
        states = optuna.trial.TrialState
        for left in self.study.get_trials(deepcopy=False, states=(states.RUNNING,)):
            self.study.tell(left.number, state=states.FAIL)  # its process ended before it did

    def done(self) -> list[Trial]:
        """Return the trials that ended: with a score, or with an error."""
        states = self.optuna.trial.TrialState
        found = self.study.get_trials(deepcopy=False, states=(states.COMPLETE, states.FAIL))
        ended = [t for t in found if t.state == states.COMPLETE or "error" in t.user_attrs]
        return [Trial(number, value=t.value, **t.user_attrs) for number, t in enumerate(ended)]

    def step(self, score: Callable[[Mapping[str, Any]], tuple[float, float]]) -> bool:
        """Do one trial and keep what it gave; return False where all combinations are tried."""
        done = self.done()
        number = len(done)
        distributions = {name: spaces.distribution(values) for name, values in self.space.items()}
        trial = None
        params = self.first
        if number and self.grid:
            left = [choice for choice in self.grid if choice not in [old.params for old in done]]
            if not left:
                return False
            params = min(left, key=lambda choice: bucket(f"{self.seed}:{choice}", SEEDS))
        elif number:
            self.study.sampler = self.optuna.samplers.TPESampler(seed=bucket(f"{self.seed}:{number}", SEEDS))
            trial = self.study.ask(distributions)
            params = {name: spaces.decoded(self.space[name], drawn) for name, drawn in trial.params.items()}
        notes: dict[str, Any] = {"params": params, "seconds": 0.0}
        value: float | None = None
        if twin := next((old for old in done if old.params == params), None):
            value = twin.value
            notes |= {"repeats": twin.number} | ({"error": twin.error} if twin.error else {})
        else:
            try:
                value, notes["seconds"] = score(params)
            except MissingExtra:
                raise
            except Exception as error:
                notes["error"] = explain(error, f"trial {number}")[:500]
                log.warning("trial %d failed: %s", number, notes["error"])
        state = self.optuna.trial.TrialState.FAIL if value is None else self.optuna.trial.TrialState.COMPLETE
        if trial:
            for name, note in notes.items():
                trial.set_user_attr(name, note)
            self.study.tell(trial, value, state=state)
            return True
        # The parameters as they are may lie outside the space: Optuna learns of those that do not.
        inside = spaces.encoded(self.space, params)
        self.study.add_trial(
            self.optuna.trial.create_trial(
                state=state,
                value=value,
                params=inside,
                distributions={name: distributions[name] for name in inside},
                user_attrs=notes,
            )
        )
        return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lock a folder, which is made if it does not exist; a process that is killed releases it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = sqlite3.connect(folder / "lock.db", timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise BadInput(f"another process is tuning in {folder}") from error
    try:
        yield
    finally:
        lock.close()
