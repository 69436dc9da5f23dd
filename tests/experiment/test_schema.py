"""The errors of an experiment's file: one sentence with the line, an unknown key before all others."""

from __future__ import annotations

import pytest

from tagkit.errors import BadInput
from tagkit.experiment.document import read
from tagkit.experiment.schema import OriginModel, RowModel, SelfTrainingModel, checked


@pytest.fixture
def parse(tmp_path):
    """Check the content of a file against a model."""

    def parse(model, text):
        (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
        document = read(tmp_path / "x.yaml")
        return checked(model, document, document.content)

    return parse


@pytest.fixture
def row(parse):
    return lambda text: parse(RowModel, f"name: a\n{text}\nexpected:\n")


def test_scalars_become_texts_as_they_are_written(row):
    found = row("strategy: knn\nnote: 50\ncites: two  words")
    assert (found.name, found.note, found.cites) == ("a", "50", "two words")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("folds: 1", "`folds`: must be at least 2, not 1"),
        ("seeds: []", "`seeds`: must be a list of one or more, not a list"),
        ("seeds: 3", "`seeds`: must be a list, not 3"),
        ("params: [k]", "`params`: must be keys with values, not a list"),
        ("chosen_on: tset", "must be one of dev, test, not 'tset' (did you mean 'test'?)"),
        ("self_training: {options: {}}", "the key 'by' is missing"),
        (
            "self_training: {by: b, optoins: {}}",
            "unknown key 'optoins' (did you mean 'options'?); known are: by, options",
        ),
        ("quick: 3\nseed: [1]", "unknown key 'seed' (did you mean 'seeds'?)"),
    ],
)
def test_errors_name_file_line_and_what_is_expected(row, text, message):
    with pytest.raises(BadInput) as error:
        row(text)
    assert "x.yaml, line " in str(error.value) and message in str(error.value)


def test_a_date_is_one_of_the_calendar(parse):
    with pytest.raises(BadInput, match="must be YYYY-MM-DD, not '2026-02-30'"):
        parse(OriginModel, "date: 2026-02-30\nmachine: x\nseconds: 1\n")
    assert parse(SelfTrainingModel, "by: b").options == {}
