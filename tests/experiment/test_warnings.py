"""What the reader of a table of scores is warned of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tagkit.experiment.record import RowResult, RowRun, Score
from tagkit.experiment.result import Result
from tagkit.experiment.spec import Data, Experiment, Row
from tagkit.measures import parse_all

ROWS = (Row("a", "lexicon"), Row("b", "linear", chosen_on="test"))
RESULT = Result(
    Experiment("shop", Data("shop"), rows=ROWS, measures=tuple(parse_all(["F1@M"]))),
    rows={name: RowResult((RowRun(n_products=4),)) for name in "ab"},
    scores={"test": {"a": {"F1@M": Score(0.5)}, "b": {"F1@M": Score(0.52)}}},
    sizes={"train": 3, "dev": 0, "test": 4, "judged": 4},
)


def changed(**rows):
    return replace(RESULT, rows={name: replace(row, **rows.get(name, {})) for name, row in RESULT.rows.items()})


def test_a_row_that_chose_on_test_is_named_and_nothing_else_said():
    assert RESULT.warnings == ["b: a parameter or threshold was chosen on test, so its scores are too good."]


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ({"test": 4, "judged": 1}, "1 of 4 test products has gold tags; no measure compares the others with any."),
        ({"test": 4, "judged": 3}, "3 of 4 test products have gold tags; no measure compares the others with any."),
        ({"test": 4, "judged": 4}, ""),
        ({"test": 4}, ""),
    ],
)
def test_test_products_without_gold_tags_are_counted(sizes, sentence):
    assert replace(RESULT, sizes=sizes).warnings[:-1] == ([sentence] if sentence else [])


def test_overlap_is_told_with_the_scores_without_it():
    overlap = {"a": {"overlap": (1, 4)}, "b": {"overlap": (1, 4)}}
    fresh = {"a": {"F1@M": Score(0.25)}, "b": {"F1@M": Score(float("nan"))}}
    result = replace(changed(**overlap), scores={**RESULT.scores, "dedup": fresh})
    assert result.warnings[0] == "1 of 4 test texts are in train. F1@M: a 0.500, without them 0.250."


def test_rows_that_differ_by_less_than_their_runs_are_named():
    close = {"a": {"F1@M": Score(0.5, sd=0.03)}, "b": {"F1@M": Score(0.52, sd=0.01)}}
    assert replace(RESULT, scores={"test": close}).warnings[-1] == (
        "b and a differ by 0.020 in F1@M, less than the standard deviation over their runs (0.030)."
    )


def test_unread_text_is_counted():
    result = changed(a={"runs": (RowRun(n_products=4, n_truncated_chars=1200),)})
    assert result.warnings[-1] == "a did not read 1,200 characters of the test texts."


def test_unread_photos_are_counted():
    result = changed(a={"runs": (RowRun(n_products=4, n_unread_photos=3), RowRun(n_products=4, n_unread_photos=1))})
    assert result.warnings[-1] == "a could read no photo of 3 test products, which were tagged without."


def test_too_few_samples_for_any_significance_are_named():
    scores = {"a": {"F1@M": Score(0.5)}} | {name: {"F1@M": Score(0.4, p=0.1)} for name in "bcdefghijkl"}
    few = replace(RESULT, experiment=replace(RESULT.experiment, samples=200), scores={"test": scores})
    assert few.warnings[0].startswith("With 200 samples and 11 tests no p-value can be below 0.05 after Holm")
    enough = replace(few, experiment=replace(RESULT.experiment, samples=1000))
    assert "samples" not in " ".join(enough.warnings)
