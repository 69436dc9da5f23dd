"""Dictionary matching with cleaning, synonyms, types and scores."""

from __future__ import annotations

import pytest

from tagkit.product import Product, Span, Tag
from tagkit.taggers import create


def texts(tagger, title):
    return {tag.text for tag in tagger.predict([title])[0]}


def test_it_takes_the_longest_match_whole_words_and_synonyms():
    train = [Product("1", "x", tags=("运动鞋", "运动", "red", "女性"))]
    tagger = create("lexicon", synonyms={"女性": ["女士"], "不在词表": ["红"]}).fit(train)
    assert texts(tagger, "运动鞋 bored 女士") == {"女性", "运动鞋"}
    assert texts(tagger, "ＲＥＤ 运动 红") == {"red", "运动"}


def test_a_score_is_the_smoothed_precision_without_the_first_occurrence():
    rows = [("red shoe", "red"), ("red dress", "red"), ("red coat", "red"), ("red hat", ""), ("blue hat", "blue")]
    tagger = create("lexicon").fit([Product(title, title, tags=(tag,) if tag else ()) for title, tag in rows])
    # After the first occurrence red is right in 2 of 3 texts; blue does not occur again.
    mean = (2 + 1) / (3 + 2)
    [row] = tagger.predict(["red and blue"])
    assert {tag.text: tag.score for tag in row} == {
        "red": pytest.approx((2 + 2 * mean) / (3 + 2)),
        "blue": pytest.approx(mean),
    }


def test_numbers_are_not_cut():
    train = [Product("1", "饮用水5L", tags=("饮用水", "5L", "500"))]
    found = create("lexicon").fit(train).predict(["饮用水1.5L", "饮用水 1,500", "饮用水5升"])
    assert [{tag.text for tag in row} for row in found] == [{"饮用水"}, {"饮用水"}, {"饮用水", "5L"}]


def test_types_are_those_of_the_products_category():
    def product(category, kind):
        note = Tag("apple", spans=(Span(0, 5),), type=kind)
        return Product(category, "apple", category=category, tags=("apple",), annotations=(note,))

    tagger = create("lexicon").fit([product("fruit", "kind"), product("phones", "brand"), product("phones", "brand")])
    found = tagger.predict([Product(name, "apple", category=name) for name in ("fruit", "phones", "other")])
    assert [row[0].type for row in found] == ["kind", "brand", "brand"]


def test_a_tag_is_written_as_in_the_text_if_train_has_this_spelling():
    tagger = create("lexicon").fit([Product("1", "x", tags=("2公斤",)), Product("2", "y", tags=("2kg",))])
    assert texts(tagger, "大米2公斤") == {"2公斤"} and texts(tagger, "大米2kg") == {"2kg"}
    tagger = create("lexicon").fit([Product("1", "x", tags=("Nike",))])
    assert texts(tagger, "NIKE 鞋") == {"Nike"}


def test_shorter_phrases_are_ignored_and_counted(caplog):
    train = [Product("1", "x", tags=("鞋", "黑色"))]
    assert texts(create("lexicon").fit(train), "黑色 鞋") == {"黑色"}
    assert texts(create("lexicon", min_chars=1).fit(train), "黑色 鞋") == {"黑色", "鞋"}
    assert caplog.messages == ["lexicon: 1 of 2 tags is shorter than `min_chars` (2) and cannot be found"]


def test_a_skipped_cleaning_step_is_not_applied():
    train = [Product("1", "x", tags=("red",))]
    assert texts(create("lexicon").fit(train), "RED dress") == {"red"}
    assert texts(create("lexicon", skip_cleaning=["case"]).fit(train), "RED dress") == set()


def test_a_long_title_is_read_to_its_end(products):
    title = "高跟鞋 蓝色 女性 透气 " * 769 + "无糖乌龙茶 饮料"
    [row] = create("lexicon").fit(products).predict([title])
    tag = next(tag for tag in row if tag.text == "饮料")
    assert [title[span.start : span.end] for span in tag.spans] == ["饮料"]
