"""The benchmark of `distil`: which products lose their tags, and its table."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
pytest.importorskip("torch", reason="the benchmarks describe the machine with tagkit[models]")
import distil

from tagkit.product import Dataset


@pytest.fixture
def shop(products, tmp_path, monkeypatch):
    data = Dataset("shop", tuple(products[:16]), tuple(products[16:20]), tuple(products[20:]))
    monkeypatch.setattr(distil, "load", lambda name: data)
    monkeypatch.setattr(distil, "SETTINGS", (("shop", 10),))
    monkeypatch.setattr(sys, "argv", ["distil.py", "--seeds", "0", "1"])
    monkeypatch.chdir(tmp_path)
    return data


def test_so_many_products_keep_their_tags(shop):
    part = distil.parts(shop, 10, 3)
    assert all(product.tags for product in part.train[:10]) and not any(product.tags for product in part.train[10:])
    assert {product.id for product in part.train} == {product.id for product in shop.train}


def test_the_table_has_a_row_for_each_data_set(shop, tmp_path):
    distil.main()
    stored = json.loads((tmp_path / "runs/benchmarks/distil.json").read_text("utf-8"))
    [(row, figures)] = stored["figures"].items()
    assert row == "shop: 10 products with tags, 6 without" and list(figures) == ["linear", "hybrid", "distil", "p"]
    assert all(0 <= float(figures[name]) <= 100 for name in distil.STRATEGIES) and 0 <= float(figures["p"]) <= 1
