"""The mean of several strategies, by characters and by tags."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tagkit.errors import BadInput, NotFitted
from tagkit.neural import bio
from tagkit.product import Product, Span, Tag
from tagkit.taggers import Tagger, create
from tagkit.taggers.ensemble import Ensemble


class Fixed(Tagger):
    """Gives every product the same tags."""

    name = "fixed"

    tags: Any = ()

    def _fit(self, train, dev, cache):
        pass

    def _tag(self, products):
        return [list(self.tags) for _ in products]

    def _state(self):
        return {}

    def _restore(self, state):
        pass


def scores(row) -> dict[str, float]:
    return {tag.text: tag.score for tag in row}


@pytest.mark.parametrize("weights", [None, [3.0, 1.0]])
def test_two_sequence_labellers_are_averaged_character_by_character(tiny, weights, annotated):
    pair = [["sequence", tiny("sequence", seed=seed, epochs=4).get_params()] for seed in (0, 1)]
    tagger = create("ensemble", taggers=pair, weights=weights).fit(annotated)
    a, b = (labeller.character_probabilities(annotated) for labeller in tagger.taggers_)
    share = 0.5 if weights is None else 0.75
    means = [(share * one + (1 - share) * two).astype(np.float32) for one, two in zip(a, b, strict=True)]
    spans = bio.best_spans(means, tagger.taggers_[0].types)
    for product, row, found in zip(annotated, tagger.predict(annotated), spans, strict=True):
        wanted = bio.as_tags(product.text, found, "ensemble")
        assert [(tag.text, tag.type, tag.spans) for tag in row] == [(tag.text, tag.type, tag.spans) for tag in wanted]
        assert [tag.score for tag in row] == pytest.approx([tag.score for tag in wanted], abs=1e-5)


def test_types_that_only_one_sub_tagger_has(tiny, annotated):
    colours = [Product(p.id, p.title, tags=p.tags[:1], annotations=p.annotations[:1]) for p in annotated]
    trained = {"epochs": 60, "learning_rate": 5e-3, "category": False}
    labellers = [tiny("sequence", **trained).fit(rows) for rows in (colours, annotated)]
    tagger = Ensemble.from_fitted(labellers, weights=[1, 4])
    (row,) = tagger.predict(["红色女帆布鞋百搭"])
    assert {(tag.text, tag.type) for tag in row} == {("红色", "色"), ("帆布鞋", "品")}
    assert row[0].text == "红色" and 0.7 < row[1].score < 0.81, "the other labeller gives it nothing"


@pytest.mark.parametrize(("seed", "first"), [(3, 3), (None, 0)])
def test_the_seed_goes_to_sub_taggers_that_have_one_and_were_given_none(tiny, tiny_model, annotated, seed, first):
    small = {"model": str(tiny_model), "epochs": 1}
    taggers = [["encoder", small], ["sequence", {**small, "seed": 7}], "lexicon"]
    tagger = create("ensemble", taggers=taggers, seed=seed).fit(annotated)
    assert [sub_tagger.get_params().get("seed") for sub_tagger in tagger.taggers_] == [first, 7, None]


def test_scores_of_equal_tags_are_averaged(products):
    tagger = create("ensemble", taggers=["lexicon", "knn"], weights=[1, 3], limit=100).fit(products)
    first, second = (sub_tagger.predict(products) for sub_tagger in tagger.taggers_)
    for row, one, two in zip(tagger.predict(products), first, second, strict=True):
        a, b = scores(one), scores(two)
        assert scores(row) == pytest.approx({t: (a.get(t, 0) + 3 * b.get(t, 0)) / 4 for t in a | b}, abs=1e-5)


def test_a_tag_without_a_type_counts_for_the_most_probable_one_with_a_type():
    span = (Span(0, 2),)
    typed = [Tag("红色", 0.8, "a", span, "色"), Tag("红色", 0.4, "a", span, "品"), Tag("百搭", 0.2, "a", span, "品")]
    untyped = [Tag("红色", 0.4, "b"), Tag("棉", 0.4, "b")]
    taggers = [Fixed(tags=tags).fit(["x"]) for tags in (typed, untyped)]
    [row] = Ensemble.from_fitted(taggers, weights=[3.0, 1.0]).predict(["x"])
    assert {(tag.text, tag.type): (tag.score, tag.spans) for tag in row} == {
        ("红色", "色"): (pytest.approx(0.7), span),
        ("红色", "品"): (pytest.approx(0.3), span),
        ("百搭", "品"): (pytest.approx(0.15), span),
        ("棉", ""): (pytest.approx(0.1), ()),
    }


def test_limit_and_order():
    tags = [Tag("b", 0.5), Tag("c", 0.9), Tag("a", 0.5)]
    ensemble = Ensemble.from_fitted([Fixed(tags=tags).fit(["x"])], limit=2)
    assert [tag.text for tag in ensemble.predict(["x"])[0]] == ["c", "a"]


@pytest.mark.parametrize(("names", "needed"), [(["dictionary", "lexicon"], False), (["dictionary", "knn"], True)])
def test_it_needs_a_threshold_if_one_of_its_sub_taggers_does(names, needed):
    assert create("ensemble", taggers=names).needs_threshold == needed
    fitted = [create(name).fit([Product("1", "a", tags=("a",))]) for name in names]
    assert Ensemble.from_fitted(fitted).needs_threshold == needed


def test_of_fitted_strategies_all_must_be_fitted():
    with pytest.raises(NotFitted, match="lexicon is not fitted"):
        Ensemble.from_fitted([create("lexicon")])


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
