"""The refinement `parents`, by hand."""

import pytest

from tagkit.errors import BadInput
from tagkit.product import Dataset, Product, Span, Tag
from tagkit.refine import Chain
from tagkit.refine.parents import Parents

TABLE = {"跑步鞋": ("运动鞋", "运动用品"), "运动鞋": ("鞋子",), "高跟鞋": ("鞋子",)}
PRODUCT = Product("1", "红色跑步鞋")


def test_broader_tags_stand_behind_what_implies_them_and_are_as_sure():
    spans = (Span(2, 5),)
    given = [Tag("红色", 0.9, "a"), Tag("跑步鞋", 0.6, "b", spans), Tag("高跟鞋", 0.3, "a"), Tag("运动用品", 0.1, "a")]
    assert Parents(TABLE).apply(given, PRODUCT) == [
        Tag("红色", 0.9, "a"),
        Tag("跑步鞋", 0.6, "b", spans),
        Tag("运动鞋", 0.6, "b", spans),
        Tag("鞋子", 0.6, "b", spans),
        Tag("高跟鞋", 0.3, "a"),
        Tag("运动用品", 0.1, "a"),
    ]


def test_the_table_is_that_of_the_data_set_and_is_kept():
    data = Dataset("shop", (), parents=TABLE)
    chain = Chain(["parents"]).for_data(data)
    rows, products = [[Tag("高跟鞋", 0.5)], [Tag("x")]], [PRODUCT, PRODUCT]
    expected = [[Tag("高跟鞋", 0.5), Tag("鞋子", 0.5)], [Tag("x")]]
    assert chain(rows, products) == Chain.from_dict(chain.to_dict())(rows, products) == expected
    assert [chain([row], [PRODUCT])[0] for row in rows] == expected
    own = Parents({"x": ("y",)})
    assert own.for_data(data) is own
    with pytest.raises(BadInput, match="bare has no table of broader tags for the refinement parents"):
        Parents().for_data(Dataset("bare", ()))


def test_a_circle_is_refused():
    with pytest.raises(BadInput, match="no tag can be broader than itself"):
        Parents({"a": ("b",), "b": ("a",)})
