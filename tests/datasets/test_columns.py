"""Which column holds which field, by the name of the column."""

from __future__ import annotations

import pytest

from tagkit.datasets.columns import Columns


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["商品名称", "标签"], {"title": "商品名称", "tags": "标签"}),
        (["商品名稱", "標籤", "類別"], {"title": "商品名稱", "tags": "標籤", "category": "類別"}),
        (["*商品名称（必填）", "＊标签"], {"title": "*商品名称（必填）", "tags": "＊标签"}),
        (["Body (HTML)", "Title"], {"title": "Title", "description": "Body (HTML)"}),
        (["价格"], {}),
    ],
)  # fmt: skip
def test_columns_are_found_however_they_are_written(names, found):
    assert Columns().find(names) == found


def test_columns_with_numbers_behind_the_name_of_the_tags():
    assert Columns().further_tags(["title", "tags", "tags (2)", "tag3", "price2"]) == ["tags (2)", "tag3"]
    assert Columns().further_tags(["title", "tags", "keywords"]) == []
