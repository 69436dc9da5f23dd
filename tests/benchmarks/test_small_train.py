"""The benchmark of small train parts: what is drawn, what a run keeps, and the table of what is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
pytest.importorskip("torch", reason="the benchmarks describe the machine with tagkit[models]")
import small_train

from tagkit.product import Dataset, Product, Span, Tag


@pytest.fixture
def shop(products, tmp_path, monkeypatch):
    data = Dataset("shop", tuple(products[:16]), tuple(products[16:20]), tuple(products[20:]))
    monkeypatch.setattr(small_train, "load", lambda name, **_: data)
    monkeypatch.setattr(small_train, "FOLDER", tmp_path / "runs")
    monkeypatch.setattr(small_train, "SETTINGS", (("shop", 10), ("other", 10)))
    quick = dict.fromkeys(small_train.STRATEGIES, ("lexicon", {})) | {"dictionary": ("dictionary", {})}
    monkeypatch.setattr(small_train, "STRATEGIES", quick)
    monkeypatch.chdir(tmp_path)
    return data


def test_products_are_drawn_by_the_seed(shop):
    first, again, other = (small_train.parts("shop", 10, seed).train for seed in (0, 0, 1))
    assert len(first) == 10 and {p.id for p in first} <= {p.id for p in shop.train}
    assert first == again != other and small_train.parts("shop", 10, 0).dev == shop.dev


def test_dev_of_oa_mine_is_not_in_train(products, monkeypatch):
    few = Dataset("oa_mine", tuple(products[:4]), (), ())
    whole = Dataset("oa_mine", tuple(products[:16]), (), tuple(products[16:]))
    monkeypatch.setattr(small_train, "load", lambda name, train="": few if train == "0.2" else whole)
    monkeypatch.setattr(small_train, "OTHERS", 3)
    data = small_train.parts("oa_mine", 6, 0)
    assert data.train[:4] == few.train and len(data.train) == 6 and len(data.dev) == 3
    assert not {p.id for p in data.train} & {p.id for p in data.dev}


def test_tags_without_places_are_looked_up():
    product = Product("1", "红色女鞋红色", tags=("红色", "高跟"))
    assert [tag.spans for tag in small_train.with_places(product).annotations] == [(Span(0, 2),), (Span(4, 6),)]
    placed = Product("2", "红色", tags=("红色",), annotations=(Tag("红色", 1, "", (Span(0, 2),), "色"),))
    assert small_train.with_places(placed) == placed


def test_each_run_is_measured_once_and_reported(shop, tmp_path, monkeypatch):
    for strategy in small_train.STRATEGIES:
        small_train.measure("shop", 10, strategy, 0)
    kept = json.loads(small_train.file_of("shop", 10, "dictionary", 0).read_text("utf-8"))
    assert len(kept["dev"]) == len(shop.dev) and len(kept["test"]) == len(shop.test) and kept["train"] == 10
    monkeypatch.setattr(small_train, "fitted", None)
    small_train.measure("shop", 10, "dictionary", 0)
    small_train.report([0, 1], "test")
    stored = json.loads((tmp_path / "runs/benchmarks/small_train.json").read_text("utf-8"))
    ((row, figures),) = stored["figures"].items()
    assert row == "shop: 10 products" and figures["seeds"] == 1
    assert float(figures["sequence"]) == float(figures["sequence with dictionary"]) > 0
    assert figures["p, sequence"] == "1.000" and 0 <= float(figures["p, dictionary"]) <= 1
