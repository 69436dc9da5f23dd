"""The loop that runs an experiment: which rows run, what they share, and why others do not run."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from tagkit.errors import BadInput
from tagkit.experiment.load import load_experiment
from tagkit.experiment.run import check_only, left_out, run
from tagkit.experiment.spec import Data, Experiment, Row
from tagkit.measures import parse_all
from tagkit.product import Dataset, Product
from tagkit.taggers.dictionary import Dictionary


@pytest.fixture
def data(products, tmp_path, monkeypatch) -> Dataset:
    """A small data set; the cache is empty."""
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    return Dataset("shop", tuple(products[:12]), tuple(products[12:16]), tuple(products[16:]), licence="none")


def ran(data: Dataset, *rows: Row, **options):
    experiment = Experiment("e", Data("shop"), rows, tuple(parse_all(["F1@M"])), samples=20)
    return run(experiment, data=data, isolate=False, progress=False, **options)


def test_which_rows_run():
    assert left_out(Row("a", "lexicon")) == ""
    assert left_out(Row("a", cites="Table 3")) == "cited, computes nothing"
    assert left_out(Row("a", "lexicon"), quick=True) == "not quick"
    assert left_out(Row("a", "lexicon"), only=["b"]) == "not asked for"


def test_a_row_that_combines_others_needs_them_not_to_run(data):
    rows = (Row("a", "lexicon"), Row("b", "linear"), Row("both", "ensemble", of=("a", "b")))
    alone, together = ran(data, *rows, only=["both"]), ran(data, *rows)
    assert list(alone.rows) == ["both"] and alone.skipped["a"] == "not asked for"
    assert alone.tags("both") == together.tags("both")


def test_a_combination_in_folds_is_fitted_on_the_same_folds(data):
    rows = (Row("a", "lexicon", folds=2), Row("both", "ensemble", of=("a",), folds=2, refine=()))
    found = ran(data, *rows)
    texts = [[{tag.text for tag in tags} for tags in found.tags(name)] for name in ("a", "both")]
    assert texts[0] == texts[1] and found.n_products() == 16


def test_what_is_not_set_up_is_no_failure(data):
    found = ran(data, Row("stored answers", "replay"), Row("a", "lexicon"), Row("wrong", "lexicon", {"nothing": 1}))
    assert found.not_set_up == {"stored answers": "no answers"} and list(found.rows) == ["a"]
    assert list(found.failed) == ["wrong"] and "has no parameter" in found.failed["wrong"]


def test_what_a_reader_should_know_of_the_tags_is_said():
    train = [Product(str(n), "红裙", tags=("红裙",)) for n in range(3)]
    test = [Product("a", "蓝裤 黑鞋 白帽", tags=("蓝裤",)), Product("b", "补差价"), Product("c", "补运费")]
    train.append(Product("d", "蓝裤 黑鞋 白帽 红裙", tags=("蓝裤", "黑鞋", "白帽")))
    data = Dataset("small", train=tuple(train), test=tuple(test))
    found = run(
        Experiment("small", Data("small"), (Row("a", "dictionary"),), measures=parse_all(["P@1", "P@2", "coverage"])),
        data=data,
    )
    assert "1 of 3 test products has gold tags; no measure compares the others with any." in found.warnings
    assert found.rows["a"].notes == (
        "2 of 3 products got no tags",
        "for 1 of 3 products tags 1 and 2 have equal scores: their order decides",
        "for 1 of 3 products tags 2 and 3 have equal scores: their order decides",
    )


class Broken(Dictionary):
    """Raises what nobody expects."""

    name = "broken"

    def _fit(self, train, dev, cache):
        raise ValueError("empty vocabulary;\nperhaps only stop words")


def test_an_unexpected_error_ends_its_own_row_alone(data, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = ran(data, Row("odd/row", "broken", tagger=Broken()), Row("a", "lexicon"))
    assert list(found.rows) == ["a"]
    line, _, file = found.failed["odd/row"].partition(" (traceback: ")
    assert line == "ValueError: empty vocabulary; perhaps only stop words"
    assert "in _fit" in Path(file.rstrip(")")).read_text(encoding="utf-8")


def test_the_record_says_what_was_run(data):
    found = ran(data, Row("a", "linear", {"penalty": 2.0}))
    row = found.rows["a"]
    assert row.params["penalty"] == 2.0 and [step.partition("(")[0] for step in row.refine] == ["Thresholds", "Limit"]
    assert row.digest == data.digest and {"commit", "machine"} <= set(row.environment) and len(row.date) == 10
    assert found.sizes == {"train": 12, "dev": 4, "test": 8, "judged": 8} and found.licence == "none"
    assert row.fingerprint == found.experiment.fingerprint(found.experiment.rows[0])


def test_rows_with_other_reader_options_are_not_tested_against_the_baseline(experiments, edit):
    lines = (experiments / "shop.jsonl").read_text(encoding="utf-8").splitlines()
    body = "".join(f"{json.dumps(json.loads(line) | {'other': '鞋'})}\n" for line in lines)
    (experiments / "shop.jsonl").write_text(body, encoding="utf-8")
    edit("strategy: lexicon", "strategy: lexicon\n    options: {title: other}")
    edit("tolerance: 1", "tolerance: 1\nbaseline: look-up")
    found = run(load_experiment(experiments / "small.yaml"), isolate=False, progress=False)
    assert found.scores["test"]["slow look-up"]["micro-F1"].p is None and found.rows["slow look-up"].test == ""


def test_a_row_that_no_experiment_has_is_refused(experiments):
    experiment = load_experiment(experiments / "small.yaml")
    check_only([experiment], ["look-up"])
    with pytest.raises(BadInput, match=r"no row is called 'lookup' \(did you mean 'look-up'\?\)"):
        check_only([experiment], ["lookup"])
