"""What words and photo are worth: the figures, from made-up lists."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
pytest.importorskip("torch", reason="the benchmarks describe the machine with tagkit[models]")
import fusion

from tagkit.product import Dataset, Product, Tag

GOLD = (("Shoes", "Red"), ("Bags", "Blue"), ("Shoes", "Blue"), ("Bags", "Red"))


@pytest.fixture
def lists(monkeypatch):
    """Words that know the sub-category, a photo that knows the colour, and fusion that knows both."""
    products = [
        Product(str(at), "x", tags=pair, annotations=tuple(map(_typed, ("sub", "colour"), pair)))
        for at, pair in enumerate(GOLD)
    ]
    data = Dataset("fashion_small", products, (), products)
    known = {
        "words": [[Tag(sub, 0.9), Tag("Red", 0.5)] for sub, _ in GOLD],
        "photo": [[Tag(colour, 0.9), Tag("Bags", 0.5)] for _, colour in GOLD],
        **{name: [[Tag(colour, 0.9), Tag(sub, 0.8)] for sub, colour in GOLD] for name in fusion.FUSED[2:]},
    }
    places = ("", "ranked ", "one threshold ", "photo", "ranked photo", "words", "ranked words")
    monkeypatch.setattr(fusion, "products", lambda *_: data)
    monkeypatch.setattr(fusion, "KINDS", ("sub", "colour"))
    monkeypatch.setattr(fusion, "lists_of", lambda name, *_: dict.fromkeys(places, known[name]))


def _typed(kind, text):
    return Tag(text, 1.0, "gold", (), kind)


def written(folder, name):
    return json.loads((folder / "runs" / "benchmarks" / f"{name}.json").read_text())["figures"]


def test_each_kind_and_what_the_best_choice_would_give(lists, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fusion.kinds()
    rows = written(tmp_path, "fusion_kinds")
    assert (rows["sub"]["words"], rows["sub"]["photo"], rows["sub"]["early"]) == (100, 50, 100)
    assert (rows["colour"]["words"], rows["colour"]["photo"]) == (50, 100)
    assert rows["mean of the five"]["words"] == 75 and rows["mean of the five"]["words or photo right"] == 100
    assert rows["mean of the five"]["early, difference to photo"].startswith("+25.00 (")
    assert rows["micro-F1, one threshold"]["early"] == 100


def test_a_missing_half_is_compared_with_the_other_one_alone(lists, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fusion.missing("fashion_small", "micro-F1")
    row = written(tmp_path, "missing_half_fashion_small")["without photo, micro-F1"]
    assert row["by the other half alone"] == 75 and row["early fusion"] == 100
    assert row["early, difference"].startswith("+25.00 (+")


def test_a_difference_has_the_interval_of_its_samples():
    samples = np.concatenate([[1.0], np.linspace(0, 2, 1001)])
    assert fusion.difference(samples) == "+1.00 (+0.05 to +1.95)"


def test_lists_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    made = []

    def make():
        made.append(1)
        return {"": [[Tag("Red", 0.5)], []]}

    assert fusion.kept("one", make) == fusion.kept("one", make) == {"": [[Tag("Red", 0.5)], []]} and made == [1]
