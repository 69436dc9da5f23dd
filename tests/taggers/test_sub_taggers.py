"""What the strategies that combine others share, by the example of `ensemble`."""

from __future__ import annotations

import pytest

from tagkit.errors import BadInput
from tagkit.product import Product
from tagkit.taggers import create
from tagkit.taggers.sub_taggers import specification

TRAIN = [
    Product(str(n), title, tags=tags) for n, (title, tags) in enumerate([("红裙", ("裙",)), ("蓝裤", ("裤", "蓝"))])
]


def test_sub_taggers_take_what_they_were_not_given(products):
    tagger = create(
        "ensemble", taggers=["lexicon", ["lexicon", {"synonyms": {"裙": ["裙子"]}}]], synonyms={"裤": ["裤子"]}
    )
    fitted = tagger.fit(products)
    assert [sub.synonyms for sub in fitted.taggers_] == [{"裤": ["裤子"]}, {"裙": ["裙子"]}]


def test_none_is_refused(products):
    with pytest.raises(BadInput, match="ensemble needs at least one strategy in the parameter `taggers`"):
        create("ensemble", taggers=[]).fit(products)


def test_the_description_makes_the_same_strategies_again():
    first = [create("lexicon", min_chars=1), create("knn", k=3)]
    again = [create(name, **params) for name, params in specification(first)]
    assert [(sub.name, sub.get_params()) for sub in again] == [(sub.name, sub.get_params()) for sub in first]


def test_text_that_one_sub_tagger_reads_is_not_truncated(products):
    tagger = create("ensemble", taggers=["lexicon", "knn"]).fit(products)
    assert tagger.n_truncated_chars(["红裙" * 4000]) == [0]
