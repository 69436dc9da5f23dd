"""What `tagkit data check` says of a file."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tagkit.cli import app
from tagkit.datasets import check

SHOP = (
    "商品编号,商品名称,标签,划分,价格\n"
    "1,纯棉床单被套,床单、纯棉,train,9\n"
    "2,純棉床單被套,床單、纯棉,test,9\n"
    '3,"没有引号,床单,train,9\n'
    "4,碎花窗帘,窗帘、碎花,,9\n"
)


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "商品.csv").write_bytes(SHOP.encode("gb18030"))
    return tmp_path / "商品.csv"


def test_what_was_understood(shop):
    found = check(shop).found
    assert found["format"] == "csv" and found["encoding"] == "GB18030" and found["delimiter"] == "comma"
    assert found["columns"] == "title = 商品名称, tags = 标签, id = 商品编号, split = 划分"
    assert found["rows"] == "4, of which 3 are products"
    assert found["tags"].startswith("5 different, 2.0 per product")
    assert "cut by the column 划分 (2 rows), the others 70/10/20 by a hash" in found["parts"]


def test_facets(shop, tmp_path):
    table = tmp_path / "facets.tsv"
    table.write_text("床單\ttype\n碎花\tpattern\n红色\tcolour\n", encoding="utf-8")
    # 床单 and 床單 are two spellings of one tag
    assert check(shop, facets=table).found["facets"] == "3 of 5 tags have one of 3 facets (not 窗帘, 纯棉)"
    assert "facets" not in check(shop).found
    shown = CliRunner().invoke(app, ["data", "check", str(shop), "--facets", str(table)]).stdout
    assert "3 of 5 tags have one of 3 facets" in shown


def test_problems_and_advice(shop):
    said = "\n".join(check(shop).problems)
    for part in (
        "The file is read as GB18030",
        "separated: 、 in 3 of 3 cells",
        "1 of 4 rows were left out, the first for this reason: line 4: a quote",
        "1 products have the text of another one",
        "1 texts of test are in train",
        "床单 = 床單",
        "few products",
    ):
        assert part in said


def test_a_file_without_tags_and_ids(tmp_path):
    (tmp_path / "x.csv").write_text("title,label name\na,b\n", encoding="utf-8")
    said = "\n".join(check(tmp_path / "x.csv").problems)
    assert "No product has tags" in said and "no column of ids" in said
    assert "No product has tags" not in "".join(check(tmp_path / "x.csv", tags="label name").problems)


def test_the_command(shop):
    def run(*args: str) -> str:
        found = CliRunner().invoke(app, ["data", "check", *args])
        assert found.exit_code == 0, (found.stdout, found.stderr, found.exception)
        return found.stdout

    body = json.loads(run(str(shop), "--json"))
    assert body["file"] == str(shop) and body["found"]["encoding"] == "GB18030" and len(body["problems"]) > 4
    text = run(str(shop))
    assert text.startswith(f"{shop}\n") and "\n- The file is read as GB18030" in text
    named = run(str(shop), "--title", "标签", "--tags", "商品名称", "--separator", "纯", "--encoding", "gbk")
    assert "title = 标签, tags = 商品名称" in named and "The file is read as" not in named
    found = CliRunner().invoke(app, ["data", "check", str(shop), "--sheet", "", "--id", "none"])
    assert found.exit_code == 2 and "tagkit: " in found.stderr
    found = CliRunner().invoke(app, ["data", "audit", str(shop), "--category", "none"])
    assert found.exit_code == 2 and "has no none; its columns are: 商品编号" in found.stderr


def test_text_is_a_table_or_one_title_a_line(tmp_path):
    (tmp_path / "titles.txt").write_text("红裙 收腰\n黑鞋\n", encoding="utf-8")
    found = check(tmp_path / "titles.txt").found
    assert found["format"] == "text" and found["rows"] == "2, of which 2 are products"
    (tmp_path / "table.txt").write_text("标题\t标签\n红裙\t红、裙\n", encoding="utf-16")
    found = check(tmp_path / "table.txt").found
    assert found["delimiter"] == "tab" and found["columns"] == "title = 标题, tags = 标签"


def test_the_sheet_is_shown(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "商品"
    for row in (["标题", "标签"], ["红裙", "红"]):
        book.active.append(row)
    book.save(tmp_path / "shop.xlsx")
    assert check(tmp_path / "shop.xlsx").found["format"] == "spreadsheet, sheet 商品"


def test_a_folder_is_checked_with_all_of_its_parts(tmp_path):
    (tmp_path / "Train.csv").write_bytes("编号,标题,标签\n1,红裙,红、裙\n2,黑鞋,黑、鞋\n3,,鞋\n".encode("gb18030"))
    (tmp_path / "test.csv").write_text("编号,标题,标签,划分\n1,红 裙,红、裙,train\n", encoding="utf-8")
    found = check(tmp_path)
    assert found.found == {
        "format": "csv",
        "encoding of train": "GB18030",
        "encoding of test": "UTF-8",
        "delimiter": "comma",
        "columns of train": "title = 标题, tags = 标签, id = 编号",
        "columns of test": "title = 标题, tags = 标签, id = 编号, split = 划分",
        "rows of train": "3, of which 2 are products",
        "rows of test": "1, of which 1 are products",
        "tags": "4 different, 2.0 per product (0 products have none); 0% are not in the text",
        "parts": "train 2 (Train.csv), test 1 (test.csv)",
    }
    said = "\n".join(found.problems)
    assert "Train.csv: the file is read as GB18030" in said and "Train.csv: 1 of 3 rows were left out" in said
    assert "test.csv: the column 划分 is not used" in said and "1 texts of test are in train" in said.lower()
    shown = CliRunner().invoke(app, ["data", "check", str(tmp_path), "--json"])
    assert json.loads(shown.stdout) == found.to_dict()
    (tmp_path / "Train.csv").unlink()
    shown = CliRunner().invoke(app, ["data", "check", str(tmp_path)])
    assert shown.exit_code == 2 and "has no file called train" in shown.stderr
