"""What is said beside the scores, and who finds which gold tags."""

from __future__ import annotations

from dataclasses import replace

from tagkit.experiment.result import Score
from tagkit.measures import Run
from tagkit.report import facts


def test_notes_end_with_what_is_not_set_up(result):
    notes = facts.notes(result)
    assert notes[-1] == "not set up: llm (no endpoint)"
    assert notes[-2] == "failing failed: it has no_luck & 100 % failure"
    assert any("2 of 15 test texts are in train" in note for note in notes)
    assert facts.not_set_up(replace(result, not_set_up={})) == []


def test_the_overlap_is_explained(result):
    assert facts.explain_overlap(result) == [
        "No strategy is worse by F1@M on `dedup`, without the test texts that occur in train."
    ]
    lower = {name: {"F1@M": Score(row["F1@M"].value / 2)} for name, row in result.scores["test"].items()}
    result = replace(result, scores=result.scores | {"dedup": lower})
    first, why = facts.explain_overlap(result)
    assert first.startswith("By F1@M, ") and "`dedup`" in first
    assert "Train has 100% of the gold tags of the test texts that occur in it, and " in why
    untagged = result.data.with_parts(test=[replace(product, tags=()) for product in result.data.test])
    without = replace(result, datasets=dict.fromkeys(result.datasets, untagged))
    assert facts.explain_overlap(without) == [first], "no share of no tags"
    losses = [drop.loss for drop in facts.drops(result)]
    assert losses == sorted(losses, reverse=True) and len(losses) == 3
    drop = facts.drops(result)[0]
    assert drop.loss == drop.test - drop.dedup


def test_what_a_result_is_about(result, reproduced):
    found = facts.about(result)
    assert found["Data"] == "小店_1: train 12, dev 0, test 15 products" and found["Licence"] == "MIT"
    assert found["Train-test overlap"] == "2 of 15 test texts are in train."
    assert found["Measured"] == "2026-01-02 at commit 012345678 on 2 cores of abacus"
    assert "Runs" not in found and facts.about(reproduced)["Runs"] == "seeds 0, 1, 2"


def test_row_notes(result, reproduced):
    assert facts.row_notes(result) == {}
    assert facts.row_notes(reproduced) == {
        "worse": "by `hand` at https://x.org/a",
        "slow": "not run: not quick",
        "the_paper's": "Table 3",
    }


def test_verdicts_are_counted(reproduced):
    assert facts.verdict_counts([reproduced]) == "1 OK, 1 OKish, 1 FAIL, 2 SKIPPED, 0 NEW"


def test_who_finds_what(result):
    found = facts.finds(result)
    gold = sum(len(product.tags) for product in result.products())
    assert found.total == gold == found.nobody + found.everybody + found.several + sum(found.alone.values())
    assert found.everybody == 0 and found.alone["lexicon"] > 0, "one strategy finds nothing"
    alone = facts.finds(replace(result, datasets={"lexicon": result.datasets["lexicon"]}))
    assert list(alone.alone) == ["lexicon"] and alone.alone["lexicon"] + alone.nobody == gold


def test_vocabulary_gaps(result):
    assert ("没人找到", 1) in facts.unknown_gold(result)
    assert facts.gaps(result) == {}, "dictionaries know only tags of train"


def test_stored_results_have_nothing_to_compare(reproduced):
    assert facts.comparable(reproduced) == []


def test_f1_of_single_tags():
    run = Run([["a", "b"], ["a"], ["c"]], [["a"], ["b"], []])
    assert facts.tag_f1(run, ["a", "b", "c", "d"]) == [2 / 3, 0.0, 0.0, 0.0]
