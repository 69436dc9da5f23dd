"""The record of rows that cannot be used: what it replaces, and what it leaves alone."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path

import pytest

from tagkit.datasets import read_file
from tagkit.datasets.rejects import FileRow, Rejects

OWN = '{"file": "x.csv", "line": 3, "reason": "wrong", "row": {}}\n'


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rows_are_counted_and_written(tmp_path):
    file = tmp_path / "x.csv.rejects.jsonl"
    with Rejects(file) as rejects:
        assert rejects.summary(5) == "" and not file.exists()
        rejects.add(FileRow(3, {"title": 5}), "wrong")
        rejects.add(FileRow(4, None), "worse")
    assert rejects.count == 2 and rejects.first == "line 3: wrong"
    assert rejects.summary(5).startswith("2 of 5 rows were left out") and str(file) in rejects.summary(5)
    assert rows(file) == [
        {"file": "x.csv", "line": 3, "reason": "wrong", "row": {"title": 5}},
        {"file": "x.csv", "line": 4, "reason": "worse", "row": None},
    ]
    with Rejects(file):
        pass
    assert not file.exists(), "a clean reading removes the rejects of an earlier one"


@pytest.mark.parametrize("content", ["my notes\n", "", '{"file": "y.csv", "line": 3, "reason": "", "row": 1}\n'])
@pytest.mark.parametrize("name", ["notes.txt", "x.csv.rejects.jsonl"])
def test_files_of_others_are_left_alone(tmp_path, name, content):
    place, file = tmp_path / name, tmp_path / "x.csv"
    place.write_text(content, encoding="utf-8")
    file.write_text("title,tags\na,b\n", encoding="utf-8")
    read_file(file, rejects=place)
    assert place.read_text(encoding="utf-8") == content
    file.write_text("title,tags\na,b\nc\n", encoding="utf-8")
    with pytest.warns(UserWarning) as said:
        read_file(file, rejects=place)
    other = place.with_name(f"{place.stem}-2{place.suffix}")
    assert place.read_text(encoding="utf-8") == content and len(rows(other)) == 1
    assert any(f"they go to {other}" in str(w.message) for w in said)
    assert any(f"all of them are in {other}" in str(w.message) for w in said)


def test_rejects_of_the_same_file_are_replaced(tmp_path):
    place = tmp_path / "any.name"
    place.write_text(OWN * 3, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Rejects(place, "x.csv") as rejects:
            rejects.add(FileRow(7, "row"), "new")
    assert [row["line"] for row in rows(place)] == [7]


def test_a_folder_or_pipe_of_that_name_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "x.csv.rejects.jsonl")
    with pytest.warns(UserWarning, match="they go to"), Rejects(tmp_path / "x.csv.rejects.jsonl") as rejects:
        rejects.add(FileRow(1, 1), "wrong")
    assert rejects.path == tmp_path / "x.csv.rejects-2.jsonl"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_warning(tmp_path, monkeypatch):
    rejects = Rejects(tmp_path / "x.rejects.jsonl")
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115
    monkeypatch.setattr(Rejects, "_open", lambda self, path: full)
    with pytest.warns(UserWarning, match="cannot be written") as said, rejects:
        rejects.add(FileRow(1, "x"), "wrong")
    assert len(said) == 1 and rejects.count == 1 and rejects.path is None


def test_a_folder_that_cannot_be_written_does_not_stop_the_reading(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text('{"title": "a"}\n{}\n')
    with pytest.warns(UserWarning) as said:
        data = read_file(file, rejects="/proc/none/out.jsonl")
    assert len(data.products) == 1
    assert [("cannot be written" in str(w.message), "1 of 2 rows" in str(w.message)) for w in said] == [
        (True, False),
        (False, True),
    ]
