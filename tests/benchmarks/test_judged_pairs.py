"""The judged pairs are whole, and hold no text that may not be given on."""

from __future__ import annotations

import csv
import json
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "benchmarks" / "judged_pairs"
PAIRS = [json.loads(line) for line in (FOLDER / "pairs.jsonl").read_text(encoding="utf-8").splitlines()]


def test_pairs_are_two_lists_of_two_strategies_for_one_product():
    assert [pair["pair"] for pair in PAIRS] == list(range(1, 201))
    for pair in PAIRS:
        assert 2 <= len(pair["A"]) <= 10 and 2 <= len(pair["B"]) <= 10 and {*pair["A"]} != {*pair["B"]}
        assert len({*pair["strategies"]}) == 2
        assert ("text" in pair) == (pair["data"] in ("catalogue", "oa_mine"))


def test_both_judges_answer_both_questions_about_each_pair():
    for name in ("judge1", "judge2"):
        with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        assert [int(row["pair"]) for row in rows] == list(range(1, 201))
        assert {row[question] for row in rows for question in ("varied", "right")} == {"A", "B", "="}
