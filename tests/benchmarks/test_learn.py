"""The benchmark of learning: its parts, what a run keeps, and the table of what is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
pytest.importorskip("torch", reason="the benchmarks describe the machine with tagkit[models]")
import learn

from tagkit.product import Dataset
from tagkit.taggers import linear


@pytest.fixture
def shop(products, tmp_path, monkeypatch):
    data = Dataset("shop", tuple(products[:16]), tuple(products[16:20]), tuple(products[20:]))
    monkeypatch.setattr(learn, "load", lambda name: data)
    monkeypatch.setattr(learn, "FOLDER", tmp_path / "runs")
    monkeypatch.setattr(learn, "NEW", 4)
    monkeypatch.setattr(linear, "REFIT", linear.REFIT)
    monkeypatch.chdir(tmp_path)
    return data


def test_new_products_are_not_among_the_old_ones(shop):
    whole, old = learn.parts(0)
    assert {one.id for one in whole.train} == {one.id for one in shop.train} and whole.train[:12] == old.train


def test_each_way_is_measured_once_and_reported(shop, tmp_path, monkeypatch):
    for seed in (0, 1):
        learn.measure("lexicon", seed)
    learn.measure(learn.WARM, 0)
    assert linear.REFIT == 0
    kept = json.loads(learn.file_of("lexicon", 0).read_text("utf-8"))
    assert set(kept) == set(learn.WAYS) and all(len(row["test"]) == len(shop.test) for row in kept.values())
    assert kept["with the old products"]["test"] == kept["fit on all"]["test"]
    monkeypatch.setattr(learn, "create", None)
    learn.measure("lexicon", 0)  # nothing is fitted again
    learn.report([0, 1])
    body = json.loads((tmp_path / "runs" / "benchmarks" / "learn.json").read_text("utf-8"))
    assert {name: row["seeds"] for name, row in body["figures"].items()} == {"lexicon": 2, learn.WARM: 1}
    assert float(body["figures"]["lexicon"]["F1, fit on all"]) > 0


def test_a_way_that_is_not_possible_is_said():
    assert learn._f1([{"before": {"test": [1.0, 0.0]}}], "without them", 1.0) == "not possible"
    assert learn._f1([{"before": {"test": [1.0, 0.0]}}], "before", 0.01) == "50.0*"
    assert learn._seconds([{}], "without them") == "" and learn._seconds([{"a": {"seconds": 12.4}}], "a") == "12"
