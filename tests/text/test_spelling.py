"""One tag in several spellings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tagkit.product import Dataset, Product, Span, Tag
from tagkit.taggers import create
from tagkit.text.spelling import fold, merge, one_spelling


def data(train, test=()) -> Dataset:
    parts = [[Product(str(n), "，".join(row), tags=row) for n, row in enumerate(rows)] for rows in (train, test)]
    return Dataset("x", tuple(parts[0]), test=tuple(parts[1]))


def test_fold():
    assert len({fold(tag) for tag in ("T恤", "t恤", "Ｔ恤", " T恤\u200b")}) == 1
    assert fold("連衣裙") == fold("连衣裙") and fold("wi-fi  6") == fold("Wi-Fi 6")
    assert len({fold(tag) for tag in ("C", "C++", "C#", "1.5L", "15L", "包邮", "👠", "❤")}) == 8


def test_the_most_frequent_spelling_of_train_is_that_of_all():
    made = one_spelling(data([("t恤",), ("t恤", "T恤"), ("Ａ", "b")], [("T恤", "B", "连衣裙"), ("連衣裙",)]))
    assert [p.tags for p in made.train] == [("t恤",), ("t恤",), ("Ａ", "b")]
    assert [p.tags for p in made.test] == [("t恤", "b", "连衣裙"), ("连衣裙",)]


def test_broader_tags_get_the_spelling_of_the_gold_tags():
    shop = replace(data([("t恤", "tops")], [("T恤",)]), parents={"T恤": ("Tops", "TOPS", "服飾"), "Hat": ("Headwear",)})
    assert one_spelling(shop).parents == {"t恤": ("tops", "服飾"), "Hat": ("Headwear",)}


def test_a_data_set_of_one_spelling_is_returned_as_it_is(products):
    whole = Dataset("x", tuple(products))
    assert one_spelling(whole) is whole


def test_merge():
    tags = [
        Tag("T恤", 0.5, "a", (Span(0, 2),)),
        Tag("鞋", 0.4),
        Tag("t恤", 0.7, "b", (Span(3, 5),)),
        Tag("t恤", 0.1, type="x"),
    ]
    assert merge(tags) == [
        Tag("T恤", 0.7, "a", (Span(0, 2), Span(3, 5))),
        Tag("鞋", 0.4),
        Tag("T恤", 0.1, type="x"),
    ]


@pytest.mark.parametrize("name", ["knn", "hybrid", "lexicon", "dictionary", "linear"])
def test_no_strategy_gives_two_spellings_of_one_tag(name):
    train = [
        ("T恤男", "T恤"),
        ("t恤女", "t恤"),
        ("t恤男", "t恤"),
        ("T恤童", "Ｔ恤"),
        ("红裙", "红裙"),
        ("红裙女", "红裙"),
    ]
    tagger = create(name).fit([Product(str(n), title, tags=(tag,)) for n, (title, tag) in enumerate(train)])
    found = [tag.text for row in tagger.predict(["T恤 t恤 Ｔ恤", "t恤童"]) for tag in row]
    assert "t恤" in found and not {"T恤", "Ｔ恤"} & set(found)


def test_annotated_tags_stay_as_they_are_written():
    def product(id, tag):
        return Product(id, tag, tags=(tag,), annotations=(Tag(tag, spans=(Span(0, 2),), type="kind"),))

    shop = Dataset("shop", train=(product("1", "T恤"), product("2", "t恤")))
    assert one_spelling(shop) is shop
