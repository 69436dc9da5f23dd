"""Phrases in their order of occurrence."""

from __future__ import annotations

import pytest

from tagkit.taggers import create


def test_phrases_are_in_the_order_of_the_text():
    [tags] = create("firstphrases").fit(["a"]).predict(["Random graphs and large networks of graphs"])
    assert [tag.text for tag in tags] == ["random graphs", "large networks", "graphs"]
    # The phrases begin at words 1, 4 and 7.
    assert [tag.score for tag in tags] == pytest.approx([1, 1 / 4, 1 / 7])
