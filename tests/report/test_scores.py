"""From a result to tables: rows, columns, and how numbers are written."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tagkit.errors import BadInput
from tagkit.report import scores
from tagkit.report.tables import BETTER, NEVER, WORSE


def column(table, title):
    return [row[[c.title for c in table.columns].index(title)] for row in table.rows]


@pytest.mark.parametrize("view", ["test", "dedup", "seen"])
def test_the_best_row_comes_first_without_expected_scores(result, view):
    table = scores.score_table(result, view)
    assert [row[0].text for row in table.rows] == result.order(view)
    assert table.title == f"小店_1, {view}: {result.n_products(view)} products"
    assert [c.title for c in table.columns] == [
        *("strategy", "F1@M", "ILD@10", "redundancy@10 ↓", "OOV-rate ↓", "micro-F1"),
        *("W/T/L", "items/s", "fit s", "peak MB"),
    ]
    for row in table.rows:
        score = result.scores[view][row[0].text]["F1@M"]
        assert row[1].text == f"{score.value:.3f}" and row[1].half == f"{(score.high - score.low) / 2:.3f}"
        assert row[1].values == {
            "F1@M": score.value,
            "F1@M low": score.low,
            "F1@M high": score.high,
            "F1@M p": score.p,
        }


def test_marks_follow_the_direction_of_the_measure(result):
    table = scores.score_table(result)
    empty = next(row for row in table.rows if row[0].text not in ("lexicon", "<longer>"))
    assert empty[1].mark == WORSE
    cells = result.scores["test"][empty[0].text]
    cells = cells | {"redundancy@10": replace(cells["redundancy@10"], value=-0.1)}
    changed = scores.score_table(replace(result, scores={"test": result.scores["test"] | {empty[0].text: cells}}))
    assert next(row for row in changed.rows if row[0].text == empty[0].text)[3].mark == BETTER
    assert [cell.best for cell in column(table, "F1@M")] == [True, False, False]
    undefined = next(cell for cell in empty if "ILD@10" in cell.values)
    assert undefined.text == "–" and not undefined.best


def test_scores_over_folds_are_not_called_test(reproduced):
    folded = tuple(replace(row, folds=3) for row in reproduced.experiment.rows)
    found = replace(reproduced, experiment=replace(reproduced.experiment, rows=folded))
    assert scores.title(found) == "shop, 3 folds of train and dev: 15 products"


def test_only_some_measures(result):
    table = scores.score_table(result, measures=result.measures[:1])
    assert [c.title for c in table.columns][1:3] == ["F1@M", "W/T/L"]


def test_expected_scores_have_verdicts(reproduced):
    table = scores.score_table(reproduced)
    assert [row[0].text for row in table.rows] == ["plain", "three seeds", "worse", "slow", "the_paper's"]
    found = [(cell.text, cell.half, cell.verdict) for cell in column(table, "F1@M")]
    assert found == [
        ("71.5", "2.0", "OK"),
        ("60.50", "2.00", "OKish"),
        ("41.0", "", "FAIL"),
        ("–", "", "SKIPPED"),
        ("–", "", ""),
    ]
    assert column(table, "F1@M")[3].hint == "not quick"
    assert [c.text for c in column(table, "F1@M expected")] == ["71.5", "60.00 (SD 0.80)", "50.0", "80.0", "81.0"]
    assert [cell.text for cell in column(table, "SD")] == ["–", "1.10", "–", "–", "–"]
    assert [cell.text for cell in column(table, "p")] == ["baseline", "0.020", "0.600", "–", "–"]
    assert [cell.text for cell in column(table, "time")] == ["0.75 s", "5.2 s", "0.75 s", "(90 s)", "–"]
    assert column(table, "origin")[3].text == "ours, 2026-01-01"
    assert not any(cell.best for row in table.rows for cell in row)
    commands = column(table, "command")
    assert commands[1].text == "tagkit reproduce --only 'three seeds'" and commands[1].is_code
    assert next(c for c in table.columns if c.title == "items/s").terminal == NEVER


def test_the_legend_says_what_stands_behind_plus_minus(result, reproduced):
    text = scores.legend(result)
    assert text.startswith("± half the 95 % bootstrap interval over products (50 samples); ▲ ▼ significantly")
    assert "paired randomisation test, p < 0.05 after Holm's correction" in text and "SD" not in text
    assert "↓ lower is better" in text and scores.verdict_legend(result) == []
    text = scores.legend(reproduced)
    assert "over products and runs (seeds, folds)" in text and "SD: standard deviation over runs" in text
    assert scores.verdict_legend(reproduced)[0].startswith("OK: equal at the printed precision; OKish:")


def test_a_view_that_does_not_exist(result):
    with pytest.raises(BadInput, match="no view 'dev'; there are: test, dedup, seen"):
        scores.score_table(result, "dev")


def test_expected_scores_of_a_view_show_before_it_was_measured(reproduced):
    row = reproduced.experiment.rows[0]
    expected = {f"dedup/{cell}": value for cell, value in row.expected.items()}
    experiment = replace(reproduced.experiment, rows=(replace(row, expected=row.expected | expected),))
    found = replace(reproduced, experiment=experiment)
    assert scores.views(found) == ["test", "dedup"]
    table = scores.score_table(found, "dedup")
    assert [row[0].text for row in table.rows] == ["plain"] and column(table, "F1@M expected")[0].text == "71.5"


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        (0.12345, "", None, "0.123"),
        (12.345, "", None, "12.3"),
        (12345.6, "", None, "12,346"),
        (12.345, "percent", None, "12.35"),
        (12.345, "percent", 1, "12.3"),
        (-0.001, "percent", 1, "0.0"),
        (None, "", None, "–"),
        (math.nan, "percent", 1, "–"),
        (math.inf, "", None, "∞"),
    ],
)
def test_numbers(value, unit, digits, text):
    assert scores.number(value, unit, digits) == text


def test_costs_and_times():
    assert [scores.cost(x) for x in (1234.5, 12.34, 1.23, 0.123, math.nan)] == ["1,234", "12", "1.2", "0.12", "–"]
    assert [scores.duration(x) for x in (0.123, 1.23, 12.3, 123)] == ["0.12 s", "1.2 s", "12 s", "2 min"]
