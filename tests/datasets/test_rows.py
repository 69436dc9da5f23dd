"""Reading the rows of files of every kind, sound and damaged."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tagkit.datasets import iter_products, load
from tagkit.datasets.rows import FileReading, file_rows, kind_of, line_rows, parse_json, read_text
from tagkit.errors import BadInput

ROWS = [{"商品名称": f"纯棉短袖{n}", "标签": "短袖;纯棉"} for n in range(2000)]


def rows_of(path: Path) -> tuple[list[str], list[str]]:
    """Return the titles of the sound rows, and the reasons of the others."""
    rows = list(file_rows(path, FileReading(kind_of(path))))
    return [r.values["商品名称"] for r in rows if not r.reason], [r.reason for r in rows if r.reason]


def as_jsonl(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def as_csv(rows: list[dict]) -> bytes:
    return "".join(",".join(row) + "\n" for row in [ROWS[0], *(row.values() for row in rows)]).encode()


@pytest.mark.parametrize(("name", "write"), [("x.jsonl.gz", as_jsonl), ("x.csv.gz", as_csv)])
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_archive_gives_the_rows_before_the_damage(tmp_path, name, write, damage):
    content = bytearray(gzip.compress(write(ROWS)))
    (tmp_path / name).write_bytes(content)
    assert rows_of(tmp_path / name) == ([row["商品名称"] for row in ROWS], [])
    if damage == "cut":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 255
    (tmp_path / name).write_bytes(content)
    titles, reasons = rows_of(tmp_path / name)
    assert 100 < len(titles) <= 2000 - (damage == "cut") and titles[0] == "纯棉短袖0" and titles[100] == "纯棉短袖100"
    assert "the file cannot be read from here on" in reasons[-1]
    with pytest.warns(UserWarning, match="rows were left out"):
        assert len(titles) - 3 < len(load(tmp_path / name).products) <= len(titles)


def test_a_text_cut_within_a_character(tmp_path):
    file = tmp_path / "x.tsv"
    file.write_bytes("商品名称\t标签\n红裙\t裙\n蓝裙\t裙\n".encode("utf-16")[:-7])
    titles, reasons = rows_of(file)
    assert titles == ["红裙"] and reasons


def test_a_table_is_recognised_in_text(tmp_path):
    file = tmp_path / "x.txt"
    file.write_bytes("id\ttitle\ttags\n1\t红裙\t裙\n".encode("utf-16"))
    with pytest.warns(UserWarning, match="read as a table"):
        assert [p.title for p in iter_products(file)] == ["红裙"]
    with pytest.warns(UserWarning, match="read as a table"):
        assert [p.title for p in iter_products(["标题\n", "红裙, 夏\n"])] == ["红裙, 夏"]
    assert [p.title for p in iter_products(["title, red\n", "b\n"], kind="text")] == ["title, red", "b"]
    assert [p.title for p in iter_products(["红裙 title\n", "b\n"])] == ["红裙 title", "b"]


def test_the_kind_of_a_file(tmp_path):
    assert [kind_of(Path(n)) for n in ("a.csv", "a.CSV.gz", "a.JSON", "a.xls", "a.gz", "a.txt", "a")] == [
        *("csv", "csv", "json", "spreadsheet", "", "", "")
    ]
    (tmp_path / "x.xls").write_bytes("商品名称\t标签\n红裙\t裙\n".encode("gbk"))
    reading = FileReading("spreadsheet")
    assert [r.values["商品名称"] for r in file_rows(tmp_path / "x.xls", reading)] == ["红裙"]
    assert "by its content the file is read as csv" in reading.notes and reading.encoding == "gb18030"
    with pytest.raises(BadInput, match="unknown kind of file 'word'"):
        list(line_rows(["a"], FileReading("word")))


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


def test_a_web_page_under_the_suffix_of_excel_is_named(tmp_path):
    file = tmp_path / "x.xls"
    file.write_text("<html><table><tr><td>标题</td></tr></table></html>", encoding="utf-8")
    with pytest.raises(BadInput, match=r"is a web page or XML under the suffix of a spreadsheet: save it as \.xlsx"):
        load(file)
