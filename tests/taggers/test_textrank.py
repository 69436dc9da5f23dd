"""TextRank: the best words, joined to phrases."""

from __future__ import annotations

import pytest

from tagkit.errors import BadInput
from tagkit.product import Product
from tagkit.taggers import create


def phrases(text, **params):
    [tags] = create("textrank", **params).fit(["a"]).predict([Product("t", text, lang="en")])
    return [(tag.text, len(tag.spans)) for tag in tags]


def test_the_best_share_is_kept_and_neighbours_are_joined():
    text = "soft gold chain of warm gold chain of gold ring of gold lamp of chain mail"
    assert phrases(text, top=0.3) == [("gold chain", 2), ("gold", 2), ("chain", 1)]
    everything = phrases(text, top=None)
    assert everything[0][0] in ("soft gold chain", "warm gold chain")
    assert {("gold ring", 1), ("gold lamp", 1), ("chain mail", 1)} <= set(everything)


def test_ties_are_broken_by_place():
    text = "alpha beta of gamma delta of epsilon zeta"
    forwards = [("alpha beta", 1), ("gamma delta", 1), ("epsilon zeta", 1)]
    assert phrases(text, top=None) == forwards
    assert phrases(text, top=None, ties="last") == forwards[::-1]


def test_a_wider_window_connects_more_words():
    text = "lamp of oak, iron of lamp of cork"
    assert [text for text, _ in phrases(text, top=None)][:2] == ["oak", "iron"], "the only neighbours"
    assert phrases(text, top=None, window=3)[0] == ("lamp", 2)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"ties": "random"}, "ties must be one of first, last, not 'random'"),
        ({"top": 0.0}, "top must be above 0, not 0.0"),
    ],
)
def test_wrong_parameters_are_named(params, message):
    with pytest.raises(BadInput, match=message):
        phrases("red dress", **params)
