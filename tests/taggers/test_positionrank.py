"""PositionRank: early words rank higher."""

from __future__ import annotations

from tagkit.product import Product
from tagkit.taggers import create


def test_early_words_come_first_where_singlerank_finds_no_difference():
    title = Product("t", "lamp of oak of glass of iron of cork of wool", lang="en")
    [tags] = create("positionrank", window=20).fit(["a"]).predict([title])
    assert [tag.text for tag in tags] == ["lamp", "oak", "glass", "iron", "cork", "wool"]
    assert len({tag.score for tag in tags}) == 6
