"""Averages of strategies, and nearest vectors, on a tiny model."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput, NotFitted
from tagkit.neural import bio
from tagkit.product import Product, Span, Tag
from tagkit.taggers import create
from tagkit.taggers.ensemble import Ensemble
from tagkit.taggers.hybrid import Hybrid
from tagkit.taggers.semantic import WEIGHTS


def texts(row) -> list[str]:
    return [tag.text for tag in row]


def scores(row) -> dict[str, float]:
    return {tag.text: tag.score for tag in row}


# ---------------------------------------------------------------- ensemble


@pytest.mark.parametrize("weights", [None, [3.0, 1.0]])
def test_two_sequences_are_averaged_character_by_character(tiny, weights, annotated):
    pair = [["sequence", tiny("sequence", seed=seed, epochs=4).get_params()] for seed in (0, 1)]
    tagger = create("ensemble", taggers=pair, weights=weights).fit(annotated)
    a, b = (member.character_probabilities(annotated) for member in tagger.taggers_)
    share = 0.5 if weights is None else 0.75
    means = [(share * one + (1 - share) * two).astype(np.float32) for one, two in zip(a, b, strict=True)]
    spans = bio.best_spans(means, tagger.taggers_[0].types)
    for product, row, found in zip(annotated, tagger.predict(annotated), spans, strict=True):
        wanted = bio.as_tags(product.text, found, "ensemble")
        assert [(tag.text, tag.type, tag.spans) for tag in row] == [(tag.text, tag.type, tag.spans) for tag in wanted]
        assert [tag.score for tag in row] == pytest.approx([tag.score for tag in wanted], abs=1e-5)


def test_types_that_only_one_member_has(tiny, annotated):
    colours = [Product(p.id, p.title, tags=p.tags[:1], annotations=p.annotations[:1]) for p in annotated]
    trained = {"epochs": 60, "learning_rate": 5e-3, "category": False}
    members = [tiny("sequence", **trained).fit(rows) for rows in (colours, annotated)]
    tagger = Ensemble.from_fitted(members, weights=[1, 4])
    (row,) = tagger.predict(["红色女帆布鞋百搭"])
    assert {(tag.text, tag.type) for tag in row} == {("红色", "色"), ("帆布鞋", "品")}
    assert row[0].text == "红色" and 0.7 < row[1].score < 0.81, "the other member gives it nothing"


@pytest.mark.parametrize(("seed", "first"), [(3, 3), (None, 0)])
def test_the_seed_goes_to_sub_taggers_that_have_one_and_were_given_none(tiny, tiny_model, annotated, seed, first):
    small = {"model": str(tiny_model), "epochs": 1}
    taggers = [["encoder", small], ["sequence", {**small, "seed": 7}], "lexicon"]
    tagger = create("ensemble", taggers=taggers, seed=seed).fit(annotated)
    assert [sub_tagger.get_params().get("seed") for sub_tagger in tagger.taggers_] == [first, 7, None]


def test_scores_of_equal_tags_are_averaged(products):
    tagger = create("ensemble", taggers=["lexicon", "knn"], weights=[1, 3], limit=100).fit(products)
    first, second = (member.predict(products) for member in tagger.taggers_)
    for row, one, two in zip(tagger.predict(products), first, second, strict=True):
        a, b = scores(one), scores(two)
        assert scores(row) == pytest.approx({t: (a.get(t, 0) + 3 * b.get(t, 0)) / 4 for t in a | b}, abs=1e-5)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"weights": [1.0]}, "a weight of 0 or more for each of 2"),
        ({"weights": [0, 0]}, "a weight of 0 or more"),
        ({"weights": [2, -1]}, "a weight of 0 or more"),
        ({"level": "words"}, "auto, characters, tags, not 'words'"),
        ({"level": "characters"}, "only strategies that label characters"),
        ({"taggers": []}, "at least one strategy"),
    ],
)
def test_a_wrong_ensemble_is_named(products, params, message):
    with pytest.raises(BadInput, match=message):
        create("ensemble", **{"taggers": ["lexicon", "dictionary"], **params}).fit(products)


# ---------------------------------------------------------------- semantic


def test_an_identical_title_gets_its_own_tags_first(tiny, products):
    tagger = tiny("semantic", own=0.0, temperature=0.001).fit(products)
    for product, row in zip(products, tagger.predict(products), strict=True):
        assert set(texts(row)[: len(product.tags)]) == set(product.tags)


def test_the_share_of_the_tags_own_vectors_is_chosen_on_dev(tiny, products):
    train, dev = products[:12], products[12:]
    assert tiny("semantic").fit(train).own_ == 0.1 and tiny("semantic", own=0.3).fit(train, dev=dev).own_ == 0.3

    def right(own):
        rows = tiny("semantic", own=own, limit=10).fit(train).predict(dev)
        return sum(tag in product.tags for product, row in zip(dev, rows, strict=True) for tag in texts(row))

    found = {own: right(own) for own in WEIGHTS}
    assert found[tiny("semantic").fit(train, dev=dev).own_] == max(found.values())


def test_the_graph_and_all_pairs_agree(tiny, products):
    exact, graph = (tiny("semantic", exact=exact, own=0.2).fit(products).predict(products) for exact in (True, False))
    for one, other in zip(exact, graph, strict=True):
        assert scores(one) == pytest.approx(scores(other), abs=1e-3)


def test_a_tag_without_a_type_counts_for_the_likeliest_one_with_a_type():
    tagger = Ensemble(taggers=["lexicon", "linear"], weights=[3.0, 1.0])
    tagger.taggers_ = tagger._create()
    span = (Span(0, 2),)
    typed = [Tag("红色", 0.8, "a", span, "色"), Tag("红色", 0.4, "a", span, "品"), Tag("百搭", 0.2, "a", span, "品")]
    plain = [Tag("红色", 0.4, "b"), Tag("棉", 0.4, "b")]
    found = {(tag.text, tag.type): (tag.score, tag.spans) for tag in tagger._mean_tags([typed, plain])}
    assert found == {
        ("红色", "色"): (pytest.approx(0.7), span),
        ("红色", "品"): (pytest.approx(0.3), span),
        ("百搭", "品"): (pytest.approx(0.15), span),
        ("棉", ""): (pytest.approx(0.1), ()),
    }


# ---------------------------------------------------------------- decoding


def test_greedy_decoding_takes_each_tokens_own_label_and_begins_what_did_not_begin():
    # Labels: outside, begins A, goes on A, begins B, goes on B; a blank between tokens belongs to what goes on.
    tokens = [(0, 1, 0), (1, 2, 2), (2, 3, 4), (3, 4, 1), (4, 5, 0), (5, 6, 2), (6, 7, 3), (8, 10, 4), (10, 11, 1)]
    found = bio.greedy_spans([(*token, 0.6) for token in tokens], ["A", "B"])
    assert [(start, end, kind) for start, end, kind, _ in found] == [
        (1, 2, "A"),
        (2, 3, "B"),
        (3, 4, "A"),
        (5, 6, "A"),
        (6, 10, "B"),
        (10, 11, "A"),
    ]
    assert [score for *_, score in found] == [pytest.approx(0.6)] * 6
    (found,) = bio.greedy_spans([(0, 1, 1, 0.9), (1, 4, 2, 0.4)], ["A"])
    assert found == (0, 4, "A", pytest.approx((0.9 * 0.4**3) ** 0.25))


def test_greedy_decoding_follows_the_best_label_of_each_token(tiny, annotated):
    tagger = tiny("sequence", level="word", decoding="greedy", epochs=2).fit(annotated)
    products = [Product(str(i), f"{p.title} {p.title}") for i, p in enumerate(annotated)]
    full, best = tagger._probabilities(products), tagger._best_labels(products)
    assert any(label for tokens in best for _, _, label, _ in tokens)
    for window in tagger._windows(tagger._net.backbone, products):
        tokens = {start: (end, label) for start, end, label, _ in best[window.row]}
        for start, end in zip(window.starts.tolist(), window.ends.tolist(), strict=True):
            if start >= 0:
                assert tokens[start] == (end, int(full[window.row][start].argmax()))


def test_an_unknown_decoding_is_refused(tiny, annotated):
    with pytest.raises(BadInput, match="decoding is one of viterbi, greedy, not 'best'"):
        tiny("sequence", decoding="best").fit(annotated)


# ---------------------------------------------------------------- hybrid


def test_a_fusion_of_fitted_strategies_is_that_of_fitting_them(products):
    train, dev = products[:18], products[18:]
    names = ["lexicon", "linear"]
    fitted = [create(name).fit(train, dev=dev) for name in names]
    whole = create("hybrid", taggers=names).fit(train, dev=dev)
    assert Hybrid.from_fitted(fitted, train, dev).predict(products) == whole.predict(products)
    with pytest.raises(NotFitted, match="lexicon is not fitted"):
        Hybrid.from_fitted([create("lexicon")], train, dev)
