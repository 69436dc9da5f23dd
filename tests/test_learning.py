"""Learning from more products: which ones replace others, one spelling, and what a summary says."""

from __future__ import annotations

import numpy as np
import pytest

from tagkit.learning import Learned, TagChange, f1_of_each, identity, latest, margin_of, spelt, tag_changes, without
from tagkit.product import Product, Tag

RED = Product("a", "红色高跟鞋", tags=("红色",))


def test_a_corrected_product_replaces_the_one_with_its_id():
    corrected = Product("a", "红色高跟鞋 新款", tags=("红色", "高跟鞋"))
    assert without([RED, Product("b", "包")], [corrected]) == [Product("b", "包")]
    assert latest([RED, Product("b", "包"), corrected]) == [corrected, Product("b", "包")]


@pytest.mark.parametrize("made", ["0", "17", "line-3", "17.2", "4_"])
def test_an_id_that_may_be_a_position_replaces_only_the_same_text(made):
    first, other = Product(made, "红色高跟鞋"), Product(made, "蓝色背包")
    assert without([first], [other]) == [first]
    assert without([first], [Product(made, "红色高跟鞋！", tags=("红色",))]) == []
    assert identity(first) != identity(other) and identity(RED) == "a"


def test_one_spelling_is_the_most_frequent_of_old_and_new():
    old = [Product("a", "x", tags=("T恤",)), Product("b", "y", tags=("T恤",))]
    more, dev = [Product("c", "z", tags=("t恤", "New"))], [Product("d", "w", tags=("Ｔ恤", "new"))]
    for known, there in (((), old), (("T恤",), None)):
        kept, new, held_out = spelt(there, known, more, dev)
        assert (None if kept is None else list(kept)) == there
        assert new[0].tags == ("T恤", "New") and held_out[0].tags == ("T恤", "New")
    many = [Product(str(at), "z", tags=("t恤",)) for at in range(3)]
    kept, new, _ = spelt(old, (), many, [])
    assert kept[0].tags == ("t恤",) == new[0].tags


def test_gained_and_lost_tags_are_counted_with_those_that_are_right():
    products = [Product("a", "x", tags=("红", "鞋")), Product("b", "y", tags=("包",))]
    before = [[Tag("红"), Tag("坏")], [Tag("红")]]
    after = [[Tag("鞋")], [Tag("包"), Tag("鞋")]]
    found = {change.tag: change for change in tag_changes(before, after, products)}
    assert found["鞋"] == TagChange("鞋", gained=2, gained_right=1)
    assert found["红"] == TagChange("红", lost=2, lost_right=1)
    assert found["坏"] == TagChange("坏", lost=1) and found["包"] == TagChange("包", gained=1, gained_right=1)
    np.testing.assert_allclose(f1_of_each(before, products), [0.5, 0])
    assert margin_of(np.array([0.1])) is None
    assert margin_of(np.array([0.0, 0.2])) == pytest.approx(1.96 * 0.1)


def test_a_summary_says_what_changed_and_escapes_tags():
    changes = (TagChange("<b>鞋", 2, 1, 0, 0), TagChange("红", 0, 0, 3, 2))
    learned = Learned("lexicon", 5, 1, 10, 0.5, 0.55, 0.02, changes, ("新",), before=None)
    assert repr(learned) == "Learned(lexicon from 5 products, F1@M on dev 0.500 before, 0.550 now)"
    text = str(learned)
    assert "learned from 5 products, 1 of them corrected versions" in text
    assert "0.500 before, 0.550 now (+0.050 ± 0.020)" in text
    assert "gained 2 tags, 1 of them right" in text and "lost 3 tags, 2 of them right" in text
    assert "1 tag was new to it: 新" in text and "lost: 红 (3)" in text
    assert learned.gained == {"<b>鞋": 2} and learned.lost == {"红": 3}
    html = learned._repr_html_()
    assert "&lt;b&gt;鞋" in html and "<b>鞋" not in html
    assert learned.to_dict()["changes"][1] == vars(changes[1]) and "before" not in learned.to_dict()


def test_without_dev_nothing_is_measured():
    learned = Learned("lexicon", 1, None, 0, None, None, None, (), (), before=None)
    assert "no change can be measured" in str(learned) and "learned from 1 product." in str(learned)
