"""What the strategies with networks share in explaining: positions of tags, and what the shares sum to."""

from __future__ import annotations

from functools import partial
from math import exp

import pytest

import tagkit
from tagkit import attribution
from tagkit.contract import PRODUCTS
from tagkit.taggers import create

pytest.importorskip("torch")

from tagkit.neural import gradients
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


@pytest.mark.parametrize("method", [None, "integrated gradients"])
def test_without_captum_words_are_found_by_occlusion(tiny_model, monkeypatch, method):
    tagger = create("encoder", model=str(tiny_model), epochs=2, learning_rate=1e-3).fit(PRODUCTS)
    monkeypatch.setattr(gradients, "find_spec", lambda name: None)
    found = tagkit.explain(tagger, PRODUCTS[0], method=method)
    assert found.method == "occlusion" and "network" in [share.name for share in found.shares]
    assert ("need the package captum" in found.facts.get("note", "")) == bool(method)


@pytest.mark.parametrize(("name", "params"), [("encoder", {}), ("sequence", {"level": "word"})])
def test_weights_in_bf16_are_those_in_fp32(tiny_model, name, params):
    tagger = create(name, model=str(tiny_model), epochs=2, learning_rate=1e-3, **params).fit(PRODUCTS)
    product = next(product for product in PRODUCTS if tagger.predict(product))
    tag = tagger.predict(product)[0].text
    exact, _ = attribution.occlusion(product, partial(tagger.score_of, tag=tag))
    words = tagkit.explain(tagger, product, tag, "occlusion").words
    assert [word.weight for word in words] == pytest.approx([word.weight for word in exact], abs=0.02)
    assert tagger.tag_precision == "fp32"


@pytest.mark.parametrize("decoding", ["constrained", "open"])
def test_the_weights_of_seq2seq_are_of_the_first_tag(tiny_model, decoding):
    tagger = create("seq2seq", model=str(tiny_model), epochs=2, learning_rate=1e-3, decoding=decoding).fit(PRODUCTS)
    product, tag = PRODUCTS[0], PRODUCTS[0].tags[0]
    found = tagkit.explain(tagger, product, tag, "occlusion")
    log = found.facts["log-probability that it is the first tag of a list"]
    assert tagger._rough().score_of([product], tag)[0] == pytest.approx(exp(log), abs=0.01)
    assert tagger._rough().score_of([product], "no such tag") == [0.0]
    assert found.score == pytest.approx(tagger.score_of([product], tag)[0]) and not tagger.first_tag_only_


def test_the_weights_of_a_generator_are_of_the_first_tag(tiny_writer):
    tagger = create("generator", model=str(tiny_writer), epochs=2, learning_rate=3e-3).fit(PRODUCTS)
    product, tag = PRODUCTS[0], PRODUCTS[0].tags[0]
    found = tagkit.explain(tagger, product, tag, "occlusion")
    log = found.facts["log-probability that it is the first tag of a list"]
    assert tagger._rough().score_of([product], tag)[0] == pytest.approx(exp(log), rel=0.1)
    assert any(word.weight for word in found.words)
    assert found.score == pytest.approx(tagger.score_of([product], tag)[0]) and not tagger.first_tag_only_


def test_a_generator_tells_the_log_probabilities_of_a_tag(tiny_writer):
    tagger = create("generator", model=str(tiny_writer), epochs=2, learning_rate=3e-3).fit(PRODUCTS)
    product = next(product for product in PRODUCTS if tagger.predict(product))
    facts = tagkit.explain(tagger, product).facts
    assert 0 < facts["share of the lists with it"] <= 1 and facts["highest log-probability in them"] <= 0
