"""Reading the rows of files, and the record of those that cannot be used."""

from __future__ import annotations

import gzip

import pytest

from tagkit.datasets.rows import FileRow, Rejects, file_rows, find_encoding, parse_json, read_text
from tagkit.errors import BadInput


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("gbk", "gb18030")],
)
@pytest.mark.filterwarnings("ignore:.*read as GB18030")
def test_the_encoding_is_detected(tmp_path, encoding, found):
    (tmp_path / "x").write_bytes("红色连衣裙\nabc\n黑色皮鞋\n".encode(encoding))
    assert find_encoding(tmp_path / "x") == found


def test_rows_have_the_lines_where_they_begin(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text('title\n"two\nlines"\nlast,field\n', encoding="utf-8")
    assert list(file_rows(file, "csv")) == [
        FileRow(2, {"title": "two\nlines"}),
        FileRow(4, ["last", "field"], "2 fields where the header has 1"),
    ]
    with pytest.raises(BadInput, match="`delimiter` must be one character"):
        list(file_rows(file, "csv", delimiter="||"))


def test_rejects_are_counted_and_written(tmp_path):
    file = tmp_path / "rejects.jsonl"
    with Rejects(file) as rejects:
        assert rejects.summary(5) == "" and not file.exists()
        rejects.add(FileRow(3, {"title": 5}), "wrong")
        rejects.add(FileRow(4, None), "worse")
    assert rejects.count == 2 and rejects.first == "line 3: wrong"
    assert rejects.summary(5).startswith("2 of 5 rows were left out") and str(file) in rejects.summary(5)
    assert [parse_json(line) for line in file.read_text(encoding="utf-8").splitlines()] == [
        {"line": 3, "reason": "wrong", "row": {"title": 5}},
        {"line": 4, "reason": "worse", "row": None},
    ]
    with Rejects(file):
        pass
    assert not file.exists()


def test_text_plain_or_gzipped(tmp_path):
    (tmp_path / "a").write_bytes("\ufeff红".encode())
    (tmp_path / "b").write_bytes(gzip.compress("红".encode()))
    (tmp_path / "c").write_bytes(gzip.compress("红".encode())[:-9])
    assert read_text(tmp_path / "a") == read_text(tmp_path / "b") == "红"
    with pytest.raises(BadInput, match="c cannot be read"):
        read_text(tmp_path / "c")
    with pytest.raises(BadInput, match="there is no file"):
        read_text(tmp_path / "d")


def test_json_or_none():
    assert parse_json("[1]") == [1]
    assert parse_json("{") is None and parse_json("[" * 100_000) is None
