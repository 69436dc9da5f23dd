"""Tables for spreadsheets: nothing in them is computed, and nothing is lost."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tagkit.datasets.table import WRITERS, safe_cell
from tagkit.errors import BadInput

ROWS = [
    {"标题": '=HYPERLINK("http://x")', "price": -3.5, "tags": "红;鞋"},
    {"标题": '鞋, "红"\n换行', "price": "-3.5", "tags": ["a", "b"], "more": None},
]
COLUMNS = ["标题", "price", "tags", "more"]


def _write(rows: list[dict], path: Path) -> None:
    with path.open("wb") as file:
        WRITERS[path.suffix](rows, COLUMNS, file)


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@a", "\tx", "\r=1", "\n=1", " =1", "＝1", "+86 138"])
def test_a_formula_is_text(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["鞋", "-3.5", "+7", "", "a=b", -1, None])
def test_what_is_no_formula_stays(value):
    assert safe_cell(value) == value


def test_csv(tmp_path):
    path = tmp_path / "a.csv"
    _write(ROWS, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.reader(file))
    assert found[0] == COLUMNS and found[1] == ['\'=HYPERLINK("http://x")', "-3.5", "红;鞋", ""]
    assert found[2] == ['鞋, "红"\n换行', "-3.5", '["a", "b"]', ""]


def test_xlsx(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    path = tmp_path / "a.xlsx"
    _write(ROWS, path)
    rows = list(openpyxl.load_workbook(path).active.iter_rows())
    assert [cell.value for cell in rows[1]] == ['=HYPERLINK("http://x")', -3.5, "红;鞋", None]
    assert rows[1][0].data_type == "s" and rows[1][0].quotePrefix and not rows[2][0].quotePrefix
    with pytest.raises(BadInput, match="a cell of Excel holds 32,767 characters, not 40,000"):
        _write([{"标题": "鞋" * 40000}], path)
    _write([{"标题": "鞋\x1b[2J"}], path)
    assert openpyxl.load_workbook(path).active["A2"].value == "鞋[2J"


def test_parquet(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    _write(ROWS, path)
    found = parquet.read_table(path).to_pylist()
    assert found[0]["标题"] == ROWS[0]["标题"] and [row["price"] for row in found] == ["-3.5", "-3.5"]
    assert [row["tags"] for row in found] == ["红;鞋", '["a", "b"]'] and found[0]["more"] is None
