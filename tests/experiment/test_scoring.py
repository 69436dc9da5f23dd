"""Scores, tests and counts of rows, on five products that can be counted by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tagkit.errors import BadInput
from tagkit.experiment.record import MULTI_BOOTSTRAP, RANDOMISATION, RowResult, RowRun
from tagkit.experiment.result import Result
from tagkit.experiment.scoring import Tagged, score
from tagkit.experiment.significance import holm, randomisation
from tagkit.experiment.spec import Data, Experiment, Row
from tagkit.measures import Run, parse_all
from tagkit.product import Dataset, Product, Tag

TEST = tuple(Product(f"t{i}", f"红色鞋子{i}", tags=("鞋子", "红色")) for i in range(5))
DATA = Dataset("five", TEST[:1], test=TEST)
GOOD = [[Tag("鞋子"), Tag("红色")] for _ in TEST]
HALF = [[Tag("鞋子"), Tag("蓝色")] for _ in TEST]
NONE: list[list[Tag]] = [[] for _ in TEST]
TAGS = {"half": [HALF], "good": [GOOD], "mixed": [[*GOOD[:2], *HALF[:3]]], "none": [NONE]}


def result(tags: dict[str, list], measures: tuple[str, ...] = ("P@M", "ECE"), samples: int = 200) -> Result:
    """Return a result whose rows gave some tags, one list for each seed."""
    experiment = Experiment(
        "five",
        Data("five"),
        tuple(Row(n, "lexicon") for n in tags),
        tuple(parse_all(list(measures))),
        "half",
        samples=samples,
    )
    tagged = {}
    for name, lists in tags.items():
        seeds = [None] if len(lists) == 1 else range(len(lists))
        runs = tuple(RowRun(seed, n_products=5, tags=row) for seed, row in zip(seeds, lists, strict=True))
        tagged[name] = Tagged(DATA, runs, [(Counter(), 1)] * len(runs))
    scores, tests, failed = score(experiment, tagged)
    rows = {name: RowResult(row.runs, n_products={"test": 5}, test=tests.get(name, "")) for name, row in tagged.items()}
    return Result(experiment, rows, scores, failed, datasets=dict.fromkeys(tags, DATA))


@pytest.fixture(scope="module")
def found() -> Result:
    """Four rows, the baseline of which is half right."""
    return result(TAGS)


def test_wins_ties_and_losses(found):
    cells = found.scores["test"]
    counts = {name: (c["P@M"].wins, c["P@M"].ties, c["P@M"].losses) for name, c in cells.items()}
    assert counts == {"half": (None,) * 3, "good": (5, 0, 0), "mixed": (2, 3, 0), "none": (0, 0, 5)}


def test_the_baseline_is_not_tested_against_itself(found):
    assert found.scores["test"]["half"]["P@M"].p is None and found.rows["half"].test == ""
    assert found.rows["good"].test == RANDOMISATION


def test_holm_over_the_rows_of_one_measure(found):
    p = [found.scores["test"][name]["P@M"].p for name in ("good", "mixed", "none")]
    rows = {name: found.measures[0].statistics(Run(lists[0], products=TEST)) for name, lists in TAGS.items()}
    raw = [randomisation(found.measures[0], rows["half"], rows[n], samples=200) for n in ("good", "mixed", "none")]
    assert p == pytest.approx(holm(raw))


def test_the_order_puts_the_best_first_and_undefined_last(found):
    assert found.order() == ["good", "mixed", "half", "none"]
    by_error = result(TAGS, ("ECE",), 20)
    assert np.isnan(by_error.scores["test"]["none"]["ECE"].value)
    assert by_error.order() == ["good", "mixed", "half", "none"]


def test_several_seeds_have_a_mean_a_deviation_and_a_test_of_their_own():
    found = result({"half": [HALF], "both": [GOOD, NONE], "good": [GOOD]})
    both = found.scores["test"]["both"]["P@M"]
    assert (both.value, both.sd) == (0.5, 0.5) and both.low == 0.0 and both.high == 1.0
    assert found.rows["both"].test == MULTI_BOOTSTRAP and found.rows["good"].test == RANDOMISATION
    assert found.scores["test"]["good"]["P@M"].sd is None


def test_a_measure_that_cannot_be_computed_fails_its_rows(monkeypatch):
    def refuse(self, run):
        raise BadInput("the run lacks spans")

    monkeypatch.setattr(type(parse_all(["ECE"])[0]), "statistics", refuse)
    found = result(TAGS)
    assert found.failed == dict.fromkeys(TAGS, "the run lacks spans") and found.views == []
