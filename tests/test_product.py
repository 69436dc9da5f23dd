"""Products and tags: the rules for their values, copying, and tables of them."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import replace

import pandas as pd
import pytest

from tagkit import Product, Span, Tag, load_data
from tagkit.datasets.items import as_products
from tagkit.errors import BadInput
from tagkit.product import Dataset

NOTE = Tag("T恤", 1.0, "gold", (Span(2, 4),))
FULL = Product(
    "7",
    "红色T恤",
    "纯棉",
    "女装/T恤",
    {"色": "红色"},
    ("a.jpg",),
    "zh",
    ("T恤",),
    (NOTE,),
)


def test_one_argument_is_the_title():
    assert Product("红裙") == Product(title="红裙") == Product("", "红裙")
    assert (Product("1", "红裙").id, Product("1", "红裙").title) == ("1", "红裙")


def test_products_can_be_copied_pickled_and_compared():
    for other in (pickle.loads(pickle.dumps(FULL)), copy.deepcopy(FULL), Product.from_dict(FULL.to_dict())):
        assert other == FULL
        with pytest.raises(TypeError, match="do not change"):
            other.attributes["色"] = "蓝色"
    tag = FULL.annotations[0]
    assert pickle.loads(pickle.dumps(tag)) == copy.deepcopy(tag) == Tag.from_dict(tag.to_dict()) == tag


def test_products_make_a_table_and_come_back_from_it():
    frame = pd.DataFrame([FULL, Product("蓝裙")])
    assert list(frame["title"]) == ["红色T恤", "蓝裙"] and frame["attributes"][0] == {"色": "红色"}
    first, second = as_products(frame)
    assert first == FULL and second.title == "蓝裙"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"title": 5}, "`title` must be text"),
        ({"id": b"1"}, "`id` must be text"),
        ({"title": "红\ud83d"}, "`title` is not valid Unicode, since its character 1 is a lone surrogate"),
        ({"lang": "\udc80"}, "`lang`.*surrogate"),
        ({"images": ["\ud800"]}, "`images`.*surrogate"),
        ({"attributes": {"色": "\ud800"}}, "`attributes`.*surrogate"),
        ({"attributes": {"色": 1}}, "`attributes` must be text"),
        ({"attributes": ["色"]}, "`attributes` must map texts to texts"),
        ({"tags": "红"}, "`tags` must be a list"),
        ({"tags": ["红", " "]}, "`tags` must be non-empty"),
        ({"tags": [1]}, "`tags` must be text"),
        ({"tags": 1}, "`tags` must be a list"),
        ({"annotations": [{"text": 5}]}, "`annotations`: the text of a tag must be text, not 5"),
        (
            {"annotations": [{"text": "红", "spans": [[0]]}]},
            r"a span is a pair \[start, end\], not \[0\]",
        ),
        ({"annotations": [{"text": "红", "spans": [[0.5, 1]]}]}, "`annotations`: a span is two whole numbers"),
        ({"annotations": [{"text": "红", "spans": [[-1, 1]]}]}, "`annotations`: a span is two whole numbers"),
        ({"annotations": [{"text": "红", "spans": [[1, 3]]}]}, "outside the text"),
        ({"annotations": [{"text": "红", "spans": [[1, 1]]}]}, "outside the text"),
        ({"annotations": [{"text": "红", "spans": 3}]}, "`annotations`: the spans of a tag must be a list"),
        ({"annotations": [{"text": "红", "score": 2}]}, "`annotations`: the score"),
        ({"annotations": [{"text": "红", "score": float("nan")}]}, "`annotations`: the score"),
        ({"annotations": [{"text": "红", "type": None}]}, "`annotations`: the type"),
        ({"annotations": [{}]}, "`annotations`: a tag is a mapping with a `text`"),
        ({"annotations": 3}, "`annotations`: they must be a list"),
    ],
)
def test_wrong_values_are_refused_with_item_and_field(values, reason):
    with pytest.raises(BadInput, match=f"^item 1: .*{reason}") as caught:
        as_products(["fine", {"title": "红裙"} | values])
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_what_a_mapping_leaves_empty_is_not_given():
    product = Product.from_dict({"id": 7.0, "title": "红裙", "description": None, "category": float("nan")})
    assert product == Product("7", "红裙")


def test_a_mapping_with_unknown_fields_is_refused():
    with pytest.raises(BadInput, match="unknown fields"):
        Product.from_dict({"title": "红裙", "colour": "red"})


def test_a_product_needs_a_title():
    for fields in ({"id": "7"}, {"tags": ("裙子",)}):
        with pytest.raises(BadInput, match=r"a product needs a title: Product\(title\)"):
            Product(**fields)
    assert Product("红裙") == Product(title="红裙") and "title" in inspect.signature(Product).parameters


def test_a_data_set_survives_pickling():
    data = Dataset("x", (FULL,))
    assert pickle.loads(pickle.dumps(data)) == data


def test_products_tags_and_data_sets_are_one_short_line():
    product = Product("7", "红裙\n新款" * 40, "d" * 500, tags=[str(n) for n in range(50)])
    for one in (product, Dataset("shop", (product,) * 500), Tag("红", 1 / 3, "knn", (Span(0, 1),), "颜色")):
        assert "\n" not in repr(one) and len(repr(one)) < 250
    assert repr(Product("红裙", tags=["红"])) == "Product('红裙', tags=('红',))"
    assert repr(Dataset("shop", (product,))) == "Dataset('shop', 1 train, 0 dev, 0 test)"
    assert repr(Tag("红", 1 / 3, type="颜色")) == "Tag('红', 0.333, type='颜色')"


def test_a_data_set_has_a_length_and_gives_a_sample():
    data = Dataset("shop", (Product("a"), Product("b")), (Product("c"),))
    assert len(data) == 3 and len(data.sample(2)) == 2 and len(data.sample(99)) == 3
    assert data.sample(2, seed=1) == data.sample(2, seed=1)


def test_facets_are_the_most_frequent_types_of_annotations_unless_they_are_given():
    def product(*types: str) -> Product:
        return Product("red silk", annotations=[Tag("red", type=types[0]), Tag("silk", type=types[1])])

    data = Dataset("x", (product("Brand", ""), product("Colour", "Fabric")), (product("Mood", "Stuff"),))
    assert data.facet_of == {"red": "Brand", "silk": "Fabric"}  # of equally frequent ones the first
    assert data.with_parts(test=[product("Colour", "Stuff")]).facet_of == {"red": "Colour", "silk": "Stuff"}
    assert replace(data, facets={"red": "colour"}).facet_of == {"red": "colour"}
    assert Dataset("y", (Product("a", tags=("a",)),)).facet_of == {}


def test_a_data_set_makes_a_table_and_comes_back_from_it(annotated):
    data = Dataset("frame", (FULL, *annotated[:3]), (Product("d", "蓝裙"),), tuple(annotated[3:5]))
    frame = data.to_frame()
    assert list(frame["split"]) == ["train"] * 4 + ["dev"] + ["test"] * 2 and frame["tags"][4] == []
    again = load_data(frame)
    assert (again.train, again.dev, again.test) == (data.train, data.dev, data.test)
    assert list(Dataset("d", (Product("x", "y"),)).to_frame()) == ["id", "title", "tags", "split"]
    assert len(Dataset("d", ()).to_frame()) == 0
