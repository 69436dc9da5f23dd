"""The simulation of reviews: what is counted, what the orders see, and what a run keeps."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
pytest.importorskip("torch", reason="the benchmarks describe the machine with tagkit[models]")
import review

from tagkit.product import Dataset


def test_decisions_are_counted_and_compared_with_typing():
    assert review._counts({"红", "鞋", "坏"}, {"红", "鞋", "女"}) == [2, 1, 1]
    row = review._saved({0: [{}, {"decisions": [2.0, 1.0, 1.0]}], 1: [{}, {"decisions": [4.0, 1.0, 1.0]}]}, 1)
    assert row["tags to type without suggestions"] == 4 and row["accepted"] == 3
    assert row["decisions with one key for all accepted"] == 3


def test_each_order_is_simulated_from_the_same_start_and_kept(products, tmp_path, monkeypatch):
    data = Dataset("shop", tuple(products[:16]), tuple(products[16:20]), tuple(products[20:]))
    monkeypatch.setattr(review, "load", lambda name: data)
    monkeypatch.setattr(review, "FOLDER", tmp_path)
    monkeypatch.setattr(review, "LABELLED", 6)
    monkeypatch.setattr(review, "SIZES", (2, 4))
    first, queue = review.parts("shop", 0)
    assert (
        len(first.train) == 6 and len(queue) == 10 and not {one.id for one in first.train} & {one.id for one in queue}
    )
    orders = ["random", "least-certain", "disagreeing", "diverse"]
    review.simulate("shop", 0, orders)
    kept = [json.loads(review.file_of("shop", 0, order).read_text("utf-8"))["steps"] for order in orders]
    assert all(steps[0] == kept[0][0] and [step["size"] for step in steps] == [0, 2, 4] for steps in kept)
    assert all(len(step["test"]) == len(data.test) for steps in kept for step in steps)
    monkeypatch.setattr(review, "parts", None)
    review.simulate("shop", 0, orders)  # everything is kept: nothing is run again
