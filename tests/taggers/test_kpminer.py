"""KP-Miner: the boost of phrases, and which candidates count."""

from __future__ import annotations

import math

import pytest

from tagkit.errors import BadInput
from tagkit.product import Product
from tagkit.taggers import create

PAPER = Product(
    "1",
    "Random graphs and large networks",
    "A random graph is a simple model of large networks. Networks, models and random graphs are studied.",
    lang="en",
)
TRAIN = [PAPER, Product("2", "Large models", "The model", lang="en"), Product("3", "Cotton dress", lang="en")]


def scores(**params):
    tagger = create("kpminer", **{"limit": None, "tag_words": False, **params}).fit(TRAIN)
    return {tag.text: tag.score for tag in tagger.predict([PAPER])[0]}


@pytest.mark.parametrize(
    ("alpha", "sigma", "boost"), [(2.3, 100.0, 18 / (2.3 * 5)), (1.0, 100.0, 18 / 5), (1.0, 2.0, 2)]
)
def test_weights_by_hand(alpha, sigma, boost):
    # The candidates occur 18 times, those of several words 5 times: random 3, graph 3, random graph 3, larg 2,
    # network 3, larg network 2, model 2.
    found = scores(english="stems", least=2, max_words=2, alpha=alpha, sigma=sigma)
    assert set(found) == {"random", "graphs", "random graphs", "large", "networks", "large networks", "model"}
    highest = 3 * boost * math.log(4)  # of "random graphs", as if no text of train contained it
    assert found["random graphs"] == 1
    assert found["large networks"] == pytest.approx(2 * boost * math.log(4) / highest, abs=1e-6)
    assert found["networks"] == pytest.approx(3 * math.log(4 / 2) / highest, abs=1e-6)


def test_a_boost_of_all_candidates_changes_no_order():
    found = scores(english="stems", least=2, max_words=2, boost="all")
    assert found["networks"] == pytest.approx(3 * math.log(2) / (3 * math.log(4)), abs=1e-6)


def test_rare_and_late_candidates_are_ignored():
    assert scores(least=9) == {}
    assert set(scores(cutoff=3)) == {"random", "graphs", "random graphs", "large", "large networks"}


def test_wrong_parameters_are_named():
    with pytest.raises(BadInput, match="boost must be one of phrases, all, not 'none'"):
        scores(boost="none")
    with pytest.raises(BadInput, match="max_words must be at least 1"):
        scores(max_words=0)
