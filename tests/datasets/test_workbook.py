"""Sheets of spreadsheets: which one is read, and what its cells become."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tagkit.datasets import load
from tagkit.errors import BadInput

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("python_calamine")

GOODS = [
    ["商品编号", "商品名称", "标签", "详情"],
    [1001, "纯棉短袖", "短袖、纯棉", None],
    [1002, 501, "牛仔裤、直筒", 3.5],
    [None, "羽绒服", "羽绒服、保暖", datetime.date(2026, 1, 2)],
]


@pytest.fixture
def book(tmp_path):
    def write(**sheets: list[list]) -> Path:
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, rows in sheets.items():
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
        made.save(tmp_path / "商品.xlsx")
        return tmp_path / "商品.xlsx"

    return write


@pytest.mark.filterwarnings("ignore")
def test_cells_become_texts(book):
    products = {p.id: p for p in load(book(Sheet1=GOODS)).products}
    assert {id: (p.title, p.tags, p.description) for id, p in products.items()} == {
        "1001": ("纯棉短袖", ("短袖", "纯棉"), ""),
        "1002": ("501", ("牛仔裤", "直筒"), "3.5"),
        "line-4": ("羽绒服", ("羽绒服", "保暖"), "2026-01-02"),
    }


def test_the_only_sheet_with_titles_is_read(book):
    with pytest.warns(UserWarning) as said:
        data = load(book(说明=[["说明", "无"]], 商品=[["2026 年商品"], [], *GOODS]))
    assert len(data.products) == 3
    assert any("the sheet 商品 is read, the only one of 2" in str(w.message) for w in said)


def test_sheets_are_listed_where_one_must_be_named(book):
    file = book(春=GOODS, 夏=[*GOODS, [7, "凉鞋", "凉鞋、夏", ""]])
    with pytest.raises(BadInput, match=r"2 sheets have a column for the title.*春: 商品编号, 商品名称.*夏"):
        load(file)
    with pytest.warns(UserWarning, match="separated"):
        assert len(load(file, sheet="夏").products) == 4
    with pytest.raises(BadInput, match="no sheet '秋'; its sheets are: 春, 夏"):
        load(file, sheet="秋")
    with pytest.raises(BadInput, match="no sheet has a column for the title"):
        load(book(a=[["x", "y"], [1, 2]]))
    with pytest.warns(UserWarning, match="separated"):
        assert len(load(book(a=[["x", "标签"], ["裙", "a、b"]]), title="x").products) == 1


def test_rounded_ids_are_told(book):
    rows = [["id", "title"], [6.23456789012345678e17, "红裙"], [6.23456789012345678e17, "蓝裙"], [12, "鞋"]]
    with pytest.warns(UserWarning, match="2 ids such as 62345678901234.* were rounded by a spreadsheet"):
        data = load(book(a=rows))
    assert {p.id for p in data.products} == {"line-2", "line-3", "12"}


def test_files_that_are_not_spreadsheets(tmp_path):
    file = tmp_path / "x.xlsx"
    file.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(BadInput, match="not a readable spreadsheet"):
        load(file)
