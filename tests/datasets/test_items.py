"""Titles, mappings, tables and rows of tables become products."""

from __future__ import annotations

import pandas as pd
import pytest

from tagkit.datasets.items import as_products, is_frame, is_single, with_tags
from tagkit.errors import BadInput
from tagkit.product import Product


def test_what_is_one_product_and_what_is_a_table():
    frame = pd.DataFrame({"title": ["红裙", "蓝裙"]})
    assert all(map(is_single, ("红裙", Product("红裙"), {"title": "红裙"}, frame.iloc[0], next(frame.itertuples()))))
    assert not any(map(is_single, (["红裙"], frame, frame["title"], iter(["红裙"]))))
    assert is_frame(frame) and not is_frame(frame["title"]) and not is_frame({"title": "红裙"})


def test_a_product_stays_as_it_is():
    product = Product("7", "红裙", tags=("裙子",))
    assert as_products([product])[0] is product
    assert as_products(iter(["a", "b"])) == [Product("0", "a"), Product("1", "b")] and as_products([]) == []


def test_a_mapping_with_unknown_fields_is_a_row():
    row = {"商品名称": "红裙", "标签": "裙子、红色", "商品编号": 7, "价格": 3}
    made = Product("7", "红裙", tags=("裙子", "红色"))
    frame = pd.DataFrame([row | {"标签": "裙子、红色"}])
    with pytest.warns(UserWarning, match="、"):
        rows = as_products(frame)
    assert as_products(row) == as_products([row]) == as_products(frame.iloc[0]) == rows == [made]
    assert as_products(next(frame.itertuples())) == as_products(list(frame.itertuples(index=False))) == [made]
    assert is_single(frame.iloc[0]) and not is_single(frame["商品名称"]) and not is_single(frame)
    with pytest.raises(BadInput, match="item 0: no column for the title"):
        as_products({"价格": 3})


def test_the_name_of_a_file_is_no_title():
    with pytest.raises(BadInput, match=r"'新品.xlsx' is the name of a file: give tagkit.load_data"):
        as_products("新品.xlsx")
    assert as_products(["新品.xlsx"])[0].title == as_products(Product("新品.xlsx"))[0].title == "新品.xlsx"


def test_items_without_an_id_take_no_id_of_another():
    rows = as_products([Product("1", "a"), "b", {"title": "c", "id": "2"}, Product("d")])
    assert [row.id for row in rows] == ["1", "1_", "2", "3"]
    assert as_products("红裙") == as_products(["红裙"]) == as_products(pd.Series(["红裙"])) == [Product("0", "红裙")]
    with pytest.raises(BadInput, match="not int"):
        as_products(3)


def test_a_table_without_titles_is_refused():
    with pytest.raises(BadInput, match="row 1: no column for the title"):
        as_products(pd.DataFrame({"price": [1]}))


def test_a_table_gives_a_product_for_each_row():
    frame = pd.DataFrame({"商品名称": ["红裙", "title", "蓝裙"], "标签": ["红色、裙子", "", "蓝色、裙子"]})
    with pytest.warns(UserWarning, match="、"):
        rows = as_products(frame)
    assert [(row.title, row.tags) for row in rows][::2] == [("红裙", ("红色", "裙子")), ("蓝裙", ("蓝色", "裙子"))]
    assert len(rows) == 3


def test_tags_are_given_beside_products():
    rows = with_tags(["a", Product("7", "b", tags=("old",))], (iter(["c"]), ()))
    assert rows == [Product("0", "a", tags=("c",)), Product("7", "b")]
    with pytest.raises(BadInput, match="there are 2 products and 1 lists of tags"):
        with_tags(["a", "b"], [["c"]])
    with pytest.raises(BadInput, match="item 1 of y must be a list of tags, not the text 'd'"):
        with_tags(["a", "b"], [["c"], "d"])
    with pytest.raises(BadInput, match="item 0 of y must be a list of tags, not None"):
        with_tags(["a"], [None])
