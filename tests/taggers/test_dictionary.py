"""Dictionary matching as in published baselines."""

from __future__ import annotations

from tagkit.product import Product, Span, Tag
from tagkit.taggers import create


def test_tags_are_in_the_order_of_the_text_with_score_1():
    tagger = create("dictionary").fit([Product("1", "x", tags=("运动鞋", "运动", "白色"))])
    [row] = tagger.predict(["白色运动鞋 运动裤 白色"])
    assert [(tag.text, tag.score, tag.spans) for tag in row] == [
        ("白色", 1.0, (Span(0, 2), Span(10, 12))),
        ("运动鞋", 1.0, (Span(2, 5),)),
        ("运动", 1.0, (Span(6, 8),)),
    ]


def test_numbers_are_not_cut():
    train = [Product("1", "饮用水5L", tags=("饮用水", "5L", "A10"))]
    found = create("dictionary").fit(train).predict(["饮用水1.5L", "饮用水A100", "饮用水5L"])
    assert [[tag.text for tag in row] for row in found] == [["饮用水"], ["饮用水"], ["饮用水", "5L"]]


def test_places_hold_where_a_letter_grows_in_lower_case():
    tagger = create("dictionary").fit([Product("1", "x", tags=("红鞋", "İx"))])
    [row] = tagger.predict(["İ红鞋 İX"])
    assert [(tag.text, tag.spans) for tag in row] == [("红鞋", (Span(1, 3),)), ("İx", (Span(4, 6),))]


def test_english_tags_are_whole_words_in_any_case():
    tagger = create("dictionary").fit([Product("1", "x", tags=("red", "Nike"))])
    found = tagger.predict(["RED bored nike", "bored of nikes"])
    assert [[tag.text for tag in row] for row in found] == [["red", "Nike"], []]


def test_texts_are_not_cleaned():
    tagger = create("dictionary").fit([Product("1", "x", tags=("蓝色",))])
    assert tagger.predict(["藍色", "ＲＥＤ"]) == [[], []]


def test_a_tag_has_its_most_frequent_type():
    def product(kind, count):
        notes = (Tag("apple", spans=(Span(0, 5),) * count, type=kind),)
        return Product(kind, "apple", tags=("apple",), annotations=notes)

    tagger = create("dictionary").fit([product("fruit", 1), product("brand", 2)])
    assert tagger.predict(["an apple"])[0][0].type == "brand"


def test_shorter_tags_are_ignored_and_counted(caplog):
    train = [Product("1", "x", tags=("鞋", "黑色"))]
    for min_chars, expected in ((1, ["黑色", "鞋"]), (2, ["黑色"]), (3, [])):
        [row] = create("dictionary", min_chars=min_chars).fit(train).predict(["黑色鞋"])
        assert [tag.text for tag in row] == expected
    assert caplog.messages == [
        "dictionary: 1 of 2 tags is shorter than `min_chars` (2) and cannot be found",
        "dictionary: 2 of 2 tags are shorter than `min_chars` (3) and cannot be found",
    ]
