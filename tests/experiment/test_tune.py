"""The search for parameters: what it looks at, how it is stopped and goes on, what it leaves for a comparison."""

from __future__ import annotations

import json
import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import tagkit
from tagkit import registry
from tagkit.errors import BadInput, MissingExtra, UnknownName
from tagkit.experiment.tuned import Tuned
from tagkit.product import Dataset, Product

optuna = pytest.importorskip("optuna")
pytest.importorskip("bm25s")
SPACE = {"k": (1, 30), "power": (0.5, 3.0)}
TRIALS = 7
KILLED = """
import os, pathlib, signal, sys
import tagkit
from tagkit.taggers.knn import Neighbours

fit, fits = Neighbours._fit, []

def dying(self, train, dev, cache):
    fits.append(1)
    if len(fits) == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    fit(self, train, dev, cache)

Neighbours._fit = dying
whole = tagkit.load_data("catalogue")
data = whole.with_parts(train=whole.train[:120], dev=whole.dev[:24], test=whole.test[:10])
tagkit.tune("knn", data, 7, space={"k": (1, 30), "power": (0.5, 3.0)}, folder=sys.argv[1], progress=False)
"""


@pytest.fixture(scope="module")
def data() -> Dataset:
    """A slice of the catalogue."""
    whole = tagkit.load_data("catalogue")
    return whole.with_parts(train=whole.train[:120], dev=whole.dev[:24], test=whole.test[:10])


@pytest.fixture(scope="module")
def through(data, tmp_path_factory) -> Tuned:
    """A search without a stop."""
    return tune(data, tmp_path_factory.mktemp("through"))


@pytest.fixture
def fits(monkeypatch) -> list[tuple[list[Product], list[Product]]]:
    """What `knn` and `lexicon` learnt from, time by time."""
    seen = []
    for name in ("knn", "lexicon"):
        kind = registry.taggers.get(name)

        def fit(self, train, dev, cache, original=kind._fit):
            seen.append((list(train), list(dev)))
            original(self, train, dev, cache)

        monkeypatch.setattr(kind, "_fit", fit)
    return seen


def tune(data, folder, strategy="knn", trials=TRIALS, **options) -> Tuned:
    options = {"space": SPACE if strategy == "knn" else None, "progress": False} | options
    return tagkit.tune(strategy, data, trials, folder=folder, **options)


def found(tuned: Tuned) -> list[tuple]:
    """What does not depend on the clock, nor on the names of the files with tracebacks."""
    rows = [(trial.number, trial.params, trial.value, trial.error, trial.repeats) for trial in tuned.trials]
    return [(*row[:3], row[3].partition(" (traceback")[0], row[4]) for row in rows]


def fail_beyond(monkeypatch, most: int) -> None:
    kind = registry.taggers.get("knn")
    original = kind._fit

    def fit(self, train, dev, cache):
        if self.k > most:
            raise ValueError(f"{self.k} are too many")
        original(self, train, dev, cache)

    monkeypatch.setattr(kind, "_fit", fit)


# ---------------------------------------------------------------- the search


def test_the_first_trial_has_the_defaults_and_the_best_is_the_highest(through):
    assert through.default.params == {"k": 10, "power": 1.5} and len(through.trials) == TRIALS
    assert through.best.value == max(trial.value for trial in through.trials) >= through.default.value > 0
    assert len({trial.value for trial in through.trials}) > 1
    for trial in through.trials:
        k, power = trial.params["k"], trial.params["power"]
        assert 1 <= k <= 30 and isinstance(k, int) and 0.5 <= power <= 3.0 and power == float(f"{power:.3g}")
    assert through.params == through.best.params and through.seconds == sum(t.seconds for t in through.trials) > 0


def test_a_killed_search_ends_like_one_run_through(data, through, tmp_path, fits):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr.decode()
    (study,) = optuna.get_all_study_summaries(f"sqlite:///{tmp_path}/trials.db")
    assert study.n_trials == 3, "two ended, one was running"
    assert found(tune(data, tmp_path)) == found(through)
    assert len(fits) == 2 * (TRIALS - 2), "what had ended was not run again"


def test_a_stopped_search_keeps_what_is_done(data, through, tmp_path, monkeypatch):
    kind = registry.taggers.get("knn")
    original, count = kind._fit, []

    def fit(self, train, dev, cache):
        count.append(self.k)
        if len(count) == 8:
            raise KeyboardInterrupt
        original(self, train, dev, cache)

    with monkeypatch.context() as patch:
        patch.setattr(kind, "_fit", fit)
        with pytest.raises(KeyboardInterrupt):
            tune(data, tmp_path)
        assert found(tune(data, tmp_path, trials=3)) == found(through)[:3] and len(count) == 8
    assert found(tune(data, tmp_path)) == found(through)


def test_a_larger_budget_goes_on_and_fresh_begins_anew(data, through, tmp_path, fits):
    tune(data, tmp_path, trials=2)
    assert len(fits) == 4
    assert found(tune(data, tmp_path, trials=4)) == found(through)[:4] and len(fits) == 8
    assert found(tune(data, tmp_path, trials=2)) == found(through)[:2] and len(fits) == 8
    tune(data, tmp_path, trials=2, fresh=True)
    assert len(fits) == 12


def test_other_arguments_are_another_search(data, tmp_path, through):
    other = tune(data, tmp_path, trials=1, seed=1)
    changed = tune(data, tmp_path, trials=1, params={"index": "char"})
    assert len({through.folder, other.folder, changed.folder}) == 3
    assert tune(data, tmp_path, trials=1, fresh=True).folder == through.folder
    assert changed.params == {"index": "char", "k": 10, "power": 1.5}


def test_a_corrected_file_is_another_search(data, tmp_path):
    answers = [str(tmp_path / name) for name in ("one.jsonl", "other.jsonl")]
    keys = []
    for tag in ("鞋", "茶"):
        for name in answers:
            rows = (json.dumps(product.to_dict() | {"tags": [tag]}) + "\n" for product in data.products)
            Path(name).write_text("".join(rows), encoding="utf-8")
        keys.append(tune(data, tmp_path / "search", "replay", 3, space={"answers": answers}).key)
    assert keys[0] != keys[1]


def test_test_is_never_looked_at(data, through, tmp_path, monkeypatch):
    poison = tuple(Product(f"x{n}", p.title, tags=("毒",)) for n, p in enumerate(data.dev))
    other = data.with_parts(test=poison)
    assert found(tune(other, tmp_path)) == found(through) and tune(other, tmp_path).key == through.key
    monkeypatch.setattr("tagkit.experiment.run.unseen", None)
    assert found(tune(data.with_parts(test=()), tmp_path / "none", trials=2)) == found(through)[:2]


def test_no_product_is_chosen_on_and_scored_in_one_fit(data, tmp_path, fits, monkeypatch):
    judged = []
    kind = registry.taggers.get("knn")
    original = kind._tag
    monkeypatch.setattr(kind, "_tag", lambda self, rows: judged.append({p.id for p in rows}) or original(self, rows))
    tune(data, tmp_path, trials=1)
    dev = {product.id for product in data.dev}
    halves = [{product.id for product in seen} for _, seen in fits]
    assert judged == [halves[0], dev - halves[0], halves[1], dev - halves[1]], "thresholds, then the score, twice"
    assert halves[1] == dev - halves[0] and len(halves[0]) == len(halves[1])
    assert all(len(train) == len(data.train) for train, _ in fits)


def test_a_strategy_whose_lists_are_its_answer_is_fitted_once_without_dev(data, tmp_path, fits):
    tuned = tune(data, tmp_path, "lexicon", 2)
    assert all(not dev for _, dev in fits) and len(fits) == 2 and tuned.products == len(data.dev)


def test_a_small_space_is_tried_in_full(data, tmp_path, fits):
    tuned = tune(data, tmp_path, "lexicon", 9)
    assert sorted(trial.params["min_chars"] for trial in tuned.trials) == [1, 2, 3] and len(fits) == 3
    assert tuned.default.params == {"min_chars": 2} and "in 3 trials" in tuned.remark()
    assert found(tune(data, tmp_path, "lexicon", 20)) == found(tuned) and len(fits) == 3


def test_repeats_are_not_run_again(data, tmp_path, fits):
    tuned = tune(data, tmp_path, "lexicon", 24, space={"min_chars": (1, 22)})
    assert len(fits) < 24 == len(tuned.trials)
    assert sum(trial.repeats is not None for trial in tuned.trials) == 24 - len(fits)
    assert f"; {24 - len(fits)} repeated earlier ones)" in tuned.remark()
    for trial in tuned.trials:
        if trial.repeats is not None:
            twin = tuned.trials[trial.repeats]
            assert (trial.params, trial.value, trial.seconds) == (twin.params, twin.value, 0.0)


def test_without_dev_a_tenth_of_train_is_held_out(data, tmp_path, fits):
    tuned = tune(data.with_parts(dev=()), tmp_path, "lexicon", 1)
    assert (tuned.part, tuned.products) == ("tenth of train held out by seed 0", 12) and len(fits[0][0]) == 108
    tune(data.with_parts(dev=()), tmp_path, "lexicon", 1, seed=1)
    assert {p.id for p in fits[0][0]} != {p.id for p in fits[1][0]}


def test_lower_is_better_for_some_measures(data, tmp_path):
    tuned = tune(data, tmp_path, trials=4, measure="Brier")
    assert tuned.best.value == min(trial.value for trial in tuned.trials)


def test_the_defaults_may_lie_outside_the_space(data, tmp_path):
    tuned = tune(data, tmp_path, trials=3, space={"k": (1, 5), "index": ["char", "bm25"], "power": (1.0, 2.0)})
    assert tuned.default.params == {"k": 10, "index": "both", "power": 1.5}
    assert all(t.params["k"] <= 5 and t.params["index"] != "both" for t in tuned.trials[1:])


# ---------------------------------------------------------------- what goes wrong


def test_a_trial_that_fails_counts_and_does_not_stop_the_search(data, tmp_path, monkeypatch, caplog):
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING, "tagkit"):
        fail_beyond(patch, 12)
        tuned = tune(data, tmp_path)
        failed = [trial for trial in tuned.trials if trial.error]
        assert 0 < len(failed) < TRIALS == len(tuned.trials)
        assert (
            failed[0].error.startswith(f"ValueError: {failed[0].params['k']} are too many") and failed[0].value is None
        )
        assert f"trial {failed[0].number} failed" in caplog.text and f"{len(failed)} failed" in tuned.remark()
        for stop in (1, 3, TRIALS):
            resumed = tune(data, tmp_path / "resumed", trials=stop)
        assert found(resumed) == found(tuned)
    assert found(tune(data, tmp_path)) == found(tuned), "a failure is not tried again"


def test_when_all_fail_the_reason_is_told(data, tmp_path, monkeypatch):
    fail_beyond(monkeypatch, 0)
    with pytest.raises(BadInput, match="no trial of knn gave a score, the first for this reason: ValueError"):
        tune(data, tmp_path, trials=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trials": 0}, "`trials` must be 1 or more, not 0"),
        ({"space": {"z": (1, 2)}}, "knn has no parameter 'z'; it has: skip_cleaning, k, index, power, limit"),
        ({"params": {"z": 1}}, "knn has no parameter 'z'; it has: skip_cleaning, k, index, power, limit"),
        ({"params": {"k": 1}}, "k is set and searched"),
        ({"space": {"k": (50, 5)}}, "the range of k must run upwards, not from 50 to 5"),
        ({"space": {"k": (0, 5, "log")}}, "the range of k must begin above 0"),
        ({"space": {"k": ("a", 5)}}, "the range of k runs between two numbers"),
        ({"space": {"k": (1, 5, 9)}}, "the space of k is a list of choices or"),
        ({"space": {"index": ["both"]}}, "the space of index needs two different choices"),
        ({"space": {}}, "knn has nothing to tune; give a space"),
        ({"space": None, "params": {"k": 1, "index": "both", "power": 1.0}}, "knn has nothing to tune beside what"),
        ({"strategy": "dictionary"}, "dictionary has nothing to tune; give a space, as in --space"),
        ({"params": {"limit": object()}}, "knn: limit must be a whole number"),
        ({"measure": "F1@x"}, "k must be a positive whole number"),
        ({"measure": "entity-F1"}, "entity-F1"),
    ],
)
def test_bad_arguments(data, tmp_path, change, message):
    with pytest.raises(BadInput) as error:
        tune(data, tmp_path, **change)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_unknown_names_and_too_little_data(data, tmp_path):
    with pytest.raises(UnknownName, match="no strategy is called 'nonesuch'"):
        tune(data, tmp_path, "nonesuch")
    with pytest.raises(UnknownName, match="no measure is called 'nonesuch'"):
        tune(data, tmp_path, measure="nonesuch")
    with pytest.raises(BadInput, match="cannot be halved"):
        tune(data.with_parts(dev=data.dev[:1]), tmp_path)
    with pytest.raises(BadInput, match="too few train products"):
        tune(data.with_parts(dev=(), train=data.train[:9]), tmp_path)


def test_two_processes_do_not_share_a_search_and_a_broken_file_is_told(data, tmp_path):
    lock = sqlite3.connect(tmp_path / "lock.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    with pytest.raises(BadInput, match="another process is tuning"):
        tune(data, tmp_path, trials=1)
    lock.close()
    (tmp_path / "trials.db").write_text("no database " * 100)
    with pytest.raises(BadInput, match="--fresh begins anew"):
        tune(data, tmp_path, trials=1)
    assert tune(data, tmp_path, trials=1, fresh=True).best.value > 0


def test_without_optuna_the_extra_is_named(data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtra, match=r'tuning needs the package optuna: pip install "tagkit\[tune\]"'):
        tune(data, tmp_path)
