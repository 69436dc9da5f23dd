"""A folder with a file for each part."""

from __future__ import annotations

import gzip
import json

import pytest

from tagkit import load_data
from tagkit.datasets.folder import understand_folder
from tagkit.errors import BadInput

ROW = {"title": "真丝衬衫", "tags": ["衬衫"]}


def write(folder, name, *rows):
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / name).write_text("\n".join(lines), encoding="utf-8")


def test_each_file_is_a_part(tmp_path):
    write(tmp_path, "train.jsonl", ROW, {"title": "棉布裙", "tags": ["裙"]})
    write(tmp_path, "valid.jsonl", ROW)
    (tmp_path / "test.csv").write_text("标题,标签\n羊毛衫,毛衣\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("my data", encoding="utf-8")
    data = load_data(tmp_path)
    assert data.name == tmp_path.name
    assert [[one.title for one in part] for part in (data.train, data.dev, data.test)] == [
        ["真丝衬衫", "棉布裙"],
        ["真丝衬衫"],
        ["羊毛衫"],
    ]
    assert [one.id for one in data.products] == ["train-1", "train-2", "dev-1", "test-2"]
    assert data.test[0].tags == ("毛衣",)


def test_ids_of_its_own_stay(tmp_path):
    write(tmp_path, "train.jsonl", ROW | {"id": "a"})
    write(tmp_path, "test.jsonl", ROW | {"id": "b"})
    data = load_data(tmp_path)
    assert [one.id for one in data.products] == ["a", "b"]
    assert not data.dev


def test_rows_that_cannot_be_used_are_written_beside_their_file(tmp_path):
    write(tmp_path, "train.jsonl", ROW, {"tags": ["衬衫"]})
    with pytest.warns(match="1 of 2 rows"):
        assert len(load_data(tmp_path).train) == 1
    assert (tmp_path / "train.jsonl.rejects.jsonl").is_file()
    with pytest.warns(match="1 of 2 rows"):
        assert len(load_data(tmp_path).train) == 1


def test_a_folder_without_train_and_one_with_two(tmp_path):
    write(tmp_path, "test.jsonl", ROW)
    with pytest.raises(BadInput, match="has no file called train"):
        load_data(tmp_path)
    write(tmp_path, "dev.jsonl", ROW)
    write(tmp_path, "valid.jsonl", ROW)
    with pytest.raises(BadInput, match=r"two files of dev: dev\.jsonl and valid\.jsonl"):
        load_data(tmp_path)


def test_the_case_of_names_does_not_matter(tmp_path):
    write(tmp_path, "Train.jsonl", ROW)
    (tmp_path / "TEST.CSV").write_text("标题,标签\n羊毛衫,毛衣\n", encoding="utf-8")
    (tmp_path / "Valid.JSONL.GZ").write_bytes(gzip.compress(json.dumps(ROW).encode()))
    data = load_data(tmp_path)
    assert [len(part) for part in (data.train, data.dev, data.test)] == [1, 1, 1]
    write(tmp_path, "TRAIN.json", ROW)
    with pytest.raises(BadInput, match=r"two files of train: TRAIN\.json and Train\.jsonl"):
        load_data(tmp_path)


def test_what_the_file_of_each_part_was_read_as(tmp_path):
    write(tmp_path, "test.jsonl", ROW)
    write(tmp_path, "train.jsonl", ROW, {"tags": []})
    data, readings = understand_folder(tmp_path)
    assert list(readings) == ["train", "test"] and len(data.products) == 2
    file, reading = readings["train"]
    assert file.name == "train.jsonl" and (reading.total, reading.rejected) == (2, 1)
