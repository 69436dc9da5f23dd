"""YAML with the line of each value."""

from __future__ import annotations

import pytest

from tagkit.errors import BadInput
from tagkit.experiment.document import read

TEXT = """\
title: A
rows:
  - name: first
    expected: {P@5: 82.10}
  - name: second
    date: 2026-11-27
"""


@pytest.fixture
def write(tmp_path):
    def write(body):
        path = tmp_path / "a.yaml"
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return path

    return write


def test_values_have_lines_and_scores_their_digits(write):
    document = read(write(TEXT))
    assert document.content["rows"][1] == {"name": "second", "date": "2026-11-27"}
    score = document.content["rows"][0]["expected"]["P@5"]
    assert score == 82.1 and score.text == "82.10"
    assert document.lines["rows", 1, "date"] == 6 and document.lines["rows", 0] == 3


def test_an_error_names_the_place_or_the_nearest_above_it(write):
    path = write(TEXT)
    document = read(path)
    assert str(document.error(("rows", 1, "name"), "wrong")) == f"{path}, line 5: `rows[2].name`: wrong"
    assert str(document.error(("rows", 0, "note"), "wrong")) == f"{path}, line 3: `rows[1]`: wrong"
    assert str(document.error((), "wrong")) == f"{path}, line 1: wrong"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "line 1: the file holds nothing"),
        ("a: 1\nb: [", "line 2: "),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "line 4: the key 'c' occurs twice"),
        ("a: 1\n? [1]\n: 2\n", "line 2: a key must be a word"),
        ("a: \x00", "cannot be read"),
        ("标题: 红".encode("gb18030"), "is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_told(body, message, write):
    with pytest.raises(BadInput, match=message):
        read(write(body))
