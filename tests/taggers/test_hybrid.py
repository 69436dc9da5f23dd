"""Fusion of several strategies by reciprocal ranks and by regression."""

from __future__ import annotations

import pytest

from tagkit.errors import BadInput, NotFitted
from tagkit.product import Product
from tagkit.taggers import create
from tagkit.taggers.hybrid import Hybrid


@pytest.mark.parametrize("method", ["rrf", "regression"])
def test_both_methods_find_the_tags(products, method):
    tagger = create("hybrid", method=method).fit(products[:18], dev=products[18:])
    [row] = tagger.predict(["黑色高跟鞋"])
    assert {"高跟鞋", "黑色", "鞋子"} <= {tag.text for tag in row[:6]}
    best = row[0]
    assert best.source.startswith("hybrid:lexicon+") and best.spans


@pytest.mark.parametrize("c", [1.0, 60.0])
def test_reciprocal_ranks_by_hand(products, c):
    tagger = create("hybrid", taggers=["lexicon", "knn"], method="rrf", c=c).fit(products, dev=products)
    title = "红色高跟鞋婚礼"
    ranks = [{tag.text: rank for rank, tag in enumerate(t.predict([title])[0], 1)} for t in tagger.taggers_]
    [row] = tagger.predict([title])
    assert len(row) > 3
    for tag in row:
        expected = sum(1 / (c + found[tag.text]) for found in ranks if tag.text in found) / (2 / (c + 1))
        assert tag.score == pytest.approx(expected, abs=1e-6)


def test_limit(products):
    full, short = (create("hybrid", limit=limit).fit(products[:18], dev=products[18:]) for limit in (20, 2))
    assert short.predict(products) == [row[:2] for row in full.predict(products)]


@pytest.mark.parametrize("method", ["rrf", "regression"])
def test_without_dev_the_sub_taggers_are_fitted_on_all_of_train(products, method):
    """The first product is held out to fit the regression on, and is then learned from as well."""
    first = Product("new", "驼色羊毛大衣", tags=("羊毛大衣",))
    tagger = create("hybrid", taggers=["lexicon", "knn"], method=method).fit([first, *products])
    assert "羊毛大衣" in {tag.text for tag in tagger.predict(["羊毛大衣"])[0]}


def test_options_are_passed_on_to_the_sub_taggers_that_were_not_given_theirs(products):
    synonyms = {"女性": ["女士"]}
    names = [["lexicon", {"skip_cleaning": ["html"]}], "lexicon", "dictionary"]
    tagger = create("hybrid", taggers=names, synonyms=synonyms, skip_cleaning=["case"], method="rrf").fit(products)
    own, given, neither = (sub_tagger.get_params() for sub_tagger in tagger.taggers_)
    assert own["skip_cleaning"] == ["html"] and given["skip_cleaning"] == ["case"]
    assert own["synonyms"] == given["synonyms"] == synonyms
    assert neither == {"min_chars": 2}


def test_a_fusion_of_fitted_strategies_is_that_of_fitting_them(products):
    train, dev = products[:18], products[18:]
    names = ["lexicon", "linear"]
    fitted = [create(name).fit(train, dev=dev) for name in names]
    whole = create("hybrid", taggers=names).fit(train, dev=dev)
    assert Hybrid.from_fitted(fitted, train, dev).predict(products) == whole.predict(products)
    with pytest.raises(NotFitted, match="lexicon is not fitted"):
        Hybrid.from_fitted([create("lexicon")], train, dev)


def test_wrong_parameters_are_named(products):
    with pytest.raises(BadInput, match="method must be one of regression, rrf, not 'sum'"):
        create("hybrid", method="sum").fit(products)
    with pytest.raises(BadInput, match="hybrid needs at least one strategy"):
        create("hybrid", taggers=[]).fit(products)
    with pytest.raises(BadInput, match="the regression needs right and wrong candidates"):
        create("hybrid", taggers=["lexicon"]).fit(products, dev=[Product("x", "nothing known", tags=("x",))])
