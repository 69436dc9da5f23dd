"""What is kept on disk: finished runs of a stopped command, and the results of experiments."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from tagkit.errors import BadInput
from tagkit.experiment import store
from tagkit.experiment.fit import Job
from tagkit.experiment.load import load_experiment
from tagkit.experiment.record import RowRun
from tagkit.experiment.result import Result
from tagkit.experiment.run import run
from tagkit.experiment.spec import Data, Row
from tagkit.product import Dataset, Span, Tag
from tagkit.taggers import create


@pytest.fixture
def job(products, tmp_path, monkeypatch) -> Job:
    """One run of a row; the cache is empty."""
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    return Job(
        Row("a", "lexicon"), {}, Data("shop"), Dataset("shop", tuple(products[:12]), (), tuple(products[12:])), 3
    )


RUN = RowRun(3, None, 1.5, 0.5, 1, 100.0, params={"min_chars": 2}, tags=[[Tag("鞋", 0.5, "x", (Span(0, 1),), "品")]])


def test_a_run_of_a_stopped_command_is_found_again(job):
    store.RunCache().write(job, RUN)
    cache = store.RunCache()
    assert cache.read(job) == (RUN, True)
    assert cache.read(replace(job, seed=4)) == (None, False)
    assert cache.read(replace(job, row=Row("b", "lexicon")))[0] == RUN, "the name of a row changes nothing"
    for other in (Row("a", "lexicon", {"min_chars": 3}), Row("a", "lexicon", refine=("limit",))):
        assert cache.read(replace(job, row=other)) == (None, False)
    assert cache.read(replace(job, data=job.data.with_parts(train=job.data.train[1:]))) == (None, False)
    cache.clear()
    assert store.RunCache().read(job) == (None, False), "a command that ended keeps nothing"


def test_a_run_depends_on_the_files_that_its_parameters_name(job, tmp_path):
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "p1", "tags": ["鞋"]}\n', encoding="utf-8")
    job = replace(job, row=Row("a", "replay", {"answers": str(answers)}))
    store.RunCache().write(job, RUN)
    assert store.RunCache().read(job) == (RUN, True)
    answers.write_text('{"id": "p1", "tags": ["茶"]}\n', encoding="utf-8")
    assert store.RunCache().read(job) == (None, False), "a corrected file is read again"


@pytest.mark.parametrize("kind", ["strategy", "refinement"])
def test_a_run_depends_on_the_source_of_classes_of_ones_own(job, kind, tmp_path, monkeypatch):
    module = tmp_path / f"own_{kind}.py"
    module.write_text(
        "from tagkit.refine.base import Step\nfrom tagkit.taggers.lexicon import Lexicon\n"
        "class Own(Lexicon):\n    name = 'own'\n"
        "class Shorter(Step):\n    name = 'shorter'\n    def apply(self, tags, product):\n        return tags[:1]\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    if kind == "strategy":
        row = Row("a", f"{module.stem}:Own", tagger=create(f"{module.stem}:Own"))
    else:
        row = Row("a", "lexicon", refine=(importlib.import_module(module.stem).Shorter(),))
    job = replace(job, row=row)
    store.RunCache().write(job, RUN)
    assert store.RunCache().read(job) == (RUN, True)
    module.write_text(module.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert store.RunCache().read(job) == (None, False)


def test_a_fresh_command_finds_its_own_runs_only(job):
    store.RunCache().write(job, RUN)
    cache = store.RunCache(fresh=True)
    assert cache.read(job) == (None, False)
    cache.write(job, RUN)
    assert cache.read(job) == (RUN, False)


def test_a_damaged_run_is_removed(job, tmp_path):
    cache = store.RunCache()
    cache.write(job, RUN)
    (path,) = (tmp_path / "cache" / "runs").iterdir()
    path.write_text("{", encoding="utf-8")
    assert cache.read(job) == (None, False) and not path.exists()


def test_the_folder_of_costly_fits_goes_with_the_cache():
    cache = store.RunCache()
    folder = cache.fits
    assert folder.is_dir()
    del cache
    assert not folder.exists()


@pytest.fixture
def result(experiments) -> Result:
    """The experiment `small`, run."""
    return run(load_experiment(experiments / "small.yaml"), only=["look-up"], isolate=False, progress=False)


def test_a_stored_result_gives_the_same_scores(result, experiments):
    assert store.read(result.experiment, experiments) is None
    store.write(result, experiments)
    again = store.read(result.experiment, experiments)
    assert again.scores == result.scores and again.sizes == result.sizes and list(again.rows) == ["look-up"]


def test_rows_of_earlier_commands_are_added_as_long_as_they_compute_the_same(result, experiments):
    store.write(result, experiments)
    empty = store.merge(Result(result.experiment), experiments)
    assert list(empty.rows) == ["look-up"] and empty.scores == result.scores
    rows = tuple(
        replace(row, params={"min_chars": 3}) if row.name == "look-up" else row for row in empty.experiment.rows
    )
    assert not store.merge(Result(replace(result.experiment, rows=rows)), experiments).rows
    failed = store.merge(Result(result.experiment, failed={"look-up": "why"}), experiments)
    assert not failed.rows, "a row that fails now does not show an earlier success"


def test_a_damaged_file_is_named(result, experiments):
    path = store.write(result, experiments)
    for text in ("{", "{}", '{"rows": 1}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match=r"small\.json is not what"):
            store.read(result.experiment, experiments)
