"""The tags of a product as a line for people, a line of JSON, and a row of a table."""

from __future__ import annotations

import io
import json

from tagkit.cli.tagged import Unread, converter, for_people, json_row, table_row, tag_separator
from tagkit.datasets.rejects import FileRow
from tagkit.product import Product, Tag

PRODUCT = Product("7", "红色高跟鞋")
FOUND = [Tag("高跟鞋", 0.98765432), Tag("红色", 0.5)]
ROW = FileRow(3, {"商品名称": "红色高跟鞋", "tags": "鞋", "价格": float("nan"), "title": "其他"})


def test_a_line_for_people_says_what_was_not_read():
    assert for_people(None, PRODUCT, FOUND, Unread(), ";") == "高跟鞋 0.99, 红色 0.50"
    assert for_people(None, PRODUCT, [], Unread(12), ";") == "  (12 characters of the text were not read)"
    assert for_people(None, PRODUCT, FOUND, Unread(photo="none\nthere"), ";").endswith("0.50  (none there)")


def test_a_line_of_json_keeps_the_other_columns_and_calls_their_tags_gold():
    found = json_row(ROW, PRODUCT, FOUND, Unread(5), ";")
    assert (found["id"], found["title"], found["gold"], found["n_truncated_chars"]) == ("7", "红色高跟鞋", "鞋", 5)
    assert [tag["score"] for tag in found["tags"]] == [0.987654, 0.5]
    assert json_row(None, PRODUCT, [], Unread(), ";") == {"id": "7", "title": "红色高跟鞋", "tags": []}


def test_a_row_of_a_table_has_all_columns_tags_and_scores():
    assert table_row(ROW, PRODUCT, FOUND, Unread(), "、") == {
        **{"商品名称": "红色高跟鞋", "tags": "鞋", "价格": None, "title": "其他"},
        **{"predicted_tags": "高跟鞋、红色", "predicted_scores": "0.9877、0.5000"},
    }
    assert table_row(None, PRODUCT, [], Unread(2), ";")["title"] == "红色高跟鞋"


def test_why_a_photo_was_not_read_stands_in_a_column_of_its_own():
    left = Unread(0, "the photo a.jpg is damaged")
    for form in (json_row, table_row):
        made = form(ROW, PRODUCT, FOUND, left, ";")
        assert made["unread_photo"] == left.photo and "n_truncated_chars" not in made


def test_tags_are_separated_as_those_of_the_file():
    rows = [FileRow(n, {"商品名称": f"鞋{n}", "标签": "鞋、红色"}) for n in range(5)]
    assert tag_separator(rows) == "、"
    assert tag_separator([None]) == tag_separator([FileRow(1, {"商品名称": "鞋"})]) == tag_separator([]) == ";"


def test_a_table_has_the_columns_of_all_lines_and_the_new_ones_last(tmp_path):
    rows = [{"a": 1, "predicted_tags": "鞋"}, {"a": 2, "predicted_tags": "", "b": 3}]
    (tmp_path / "lines").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    written = []
    converter(lambda *table: written.append((list(table[0]), *table[1:])))(tmp_path / "lines", file := io.BytesIO())
    assert written == [(rows, ["a", "b", "predicted_tags"], file)]
