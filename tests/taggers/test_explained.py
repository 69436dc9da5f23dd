"""What the strategies with networks share in explaining: positions of tags, and what the shares sum to."""

from __future__ import annotations

import pytest

import tagkit
from tagkit.contract import PRODUCTS
from tagkit.taggers import create

pytest.importorskip("torch")

from tagkit.taggers.explained import position


def test_a_tag_is_found_in_any_spelling():
    assert position(["鞋", "T恤"], "t恤") == 1 and position(["鞋", "T恤"], "鞋") == 0
    assert position(["鞋"], "包") == -1


def test_shares_of_an_encoder_tell_the_network_from_the_stacked_features(tiny_model):
    tagger = create("encoder", model=str(tiny_model), epochs=2, learning_rate=1e-3).fit(PRODUCTS)
    product = PRODUCTS[0]
    found = tagkit.explain(tagger, product, tagger.predict(product)[0].text)
    names = [share.name for share in found.shares]
    assert names[0] == "network" and "constant" in names and "linear" in names
    assert found.method and all(share.value == share.value for share in found.shares)


def test_a_generator_tells_the_log_probabilities_of_a_tag(tiny_writer):
    tagger = create("generator", model=str(tiny_writer), epochs=2, learning_rate=3e-3).fit(PRODUCTS)
    product = next(product for product in PRODUCTS if tagger.predict(product))
    facts = tagkit.explain(tagger, product).facts
    assert 0 < facts["share of the lists with it"] <= 1 and facts["highest log-probability in them"] <= 0
