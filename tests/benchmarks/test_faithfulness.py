"""The benchmark of faithfulness: which methods are measured, what is kept, and the tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
pytest.importorskip("torch", reason="the benchmarks describe the machine with tagkit[models]")
import faithfulness

from tagkit.product import Dataset


@pytest.fixture
def shop(products, tmp_path, monkeypatch):
    monkeypatch.setattr(faithfulness, "FOLDER", tmp_path)
    monkeypatch.setattr(faithfulness, "PRODUCTS", 6)
    monkeypatch.setattr(faithfulness, "DATA", {"catalogue": {}})
    return Dataset("shop", tuple(products[:12]), tuple(products[12:18]), tuple(products[18:]))


def test_every_product_is_kept_and_measured_once(shop, tmp_path, monkeypatch):
    for strategy in ("lexicon", "knn"):
        faithfulness.add(shop, "catalogue", strategy, "dev")
    path = tmp_path / "dev" / "catalogue" / "lexicon.jsonl"
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= 6 and json.loads(lines[0]).keys() == {"occlusion", "random", "own"}
    path.write_text("\n".join(lines[:2]) + "\n", "utf-8")
    faithfulness.add(shop, "catalogue", "lexicon", "dev")
    again = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for old, new in zip(map(json.loads, lines), again, strict=True):
        assert {name: row[:2] for name, row in old.items()} == {name: row[:2] for name, row in new.items()}
    table = faithfulness.of_dev()
    assert "catalogue: knn, own" not in table and "its p" in table["catalogue: lexicon, own"]


def test_on_test_the_default_is_compared_with_random(shop):
    faithfulness.add(shop, "catalogue", "lexicon", "test")
    row = faithfulness.of_test()["catalogue: lexicon"]
    assert row["default"] == "own" and row["products"] <= 6
    assert float(row["comprehensiveness"].split()[0]) >= float(row["random comprehensiveness"])


def test_p_values_tell_what_differs_from_what_does_not():
    one = np.linspace(0.5, 0.9, 20)
    assert faithfulness.p_value(one, one - 0.4) < 0.001 and faithfulness.p_value(one, one[::-1]) > 0.5
    assert faithfulness.with_interval(np.full(5, 0.25)) == "0.25 (0.25 to 0.25)"
