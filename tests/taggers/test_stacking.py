"""Stacked features: logits that tell right from wrong tags, new tags, large train parts, the cache of fits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import toy_shop
from toy_shop import make_shop

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit import cache as cache_module
from tagkit.cache import FitCache, NoCache
from tagkit.product import Product
from tagkit.taggers import stacking
from tagkit.taggers.base_scores import BaseScores
from tagkit.taggers.stacking import MOST, StackedFeatures


@pytest.fixture(scope="module")
def shop() -> list[Product]:
    return make_shop()


@pytest.fixture(autouse=True)
def word_vectors(monkeypatch):
    """The vectors of products say which of the words are present, instead of those of an encoder."""

    monkeypatch.setattr(StackedFeatures, "vectors", lambda self, products: toy_shop.word_vectors(products))


def make(category=True, synonyms=None) -> StackedFeatures:
    return StackedFeatures("an encoder", category, "fp32", synonyms)


def tags_of(products) -> list[str]:
    return sorted({tag for product in products for tag in product.tags})


def fitted(shop, **params) -> tuple[StackedFeatures, np.ndarray]:
    features = make(**params)
    return features, features.fit(tags_of(shop), shop, [], 2, NoCache())


def test_the_logits_tell_right_from_wrong_tags(shop):
    features, held_out = fitted(shop[:60])
    new = shop[60:]
    for logits, products in ((held_out, shop[:60]), (features.transform(new), new)):
        gold = np.array([[tag in product.tags for tag in features.tags] for product in products])
        assert logits.shape == gold.shape and np.abs(logits).max() <= MOST
        assert logits[gold].mean() > logits[~gold].mean() + 2


def test_of_too_many_products_some_are_learned_from_and_the_others_are_read(shop, monkeypatch):
    monkeypatch.setattr(stacking, "CLOSED_FORM", 30)
    rare = Product("rare", "新款皮衣", category="服饰/上衣", tags=("罕见", "休闲"))
    many = [*shop[:40], rare, *shop[40:]]
    tags = tags_of(many)
    features = make()
    logits = features.fit(tags, many, [], 1, NoCache())
    trained = set(np.flatnonzero((logits != features.transform(many)).any(axis=1)).tolist())
    assert 40 in trained, "the only product with a rare tag is learned from"
    assert len(trained) <= 30, "all other logits are those of new products"
    gold = np.array([[tag in product.tags for tag in tags] for product in many])
    assert logits[gold].mean() > logits[~gold].mean() + 1


def test_nothing_is_learned_from_too_many_products(shop, monkeypatch):
    monkeypatch.setattr(stacking, "CELLS", 10)
    features, logits = fitted(shop)
    assert logits is None and not features.fitted
    assert not make().restore(features.state()).fitted
    monkeypatch.undo()
    monkeypatch.setattr(stacking, "CLOSED_FORM", 5)
    monkeypatch.setattr(StackedFeatures, "vectors", lambda self, products: pytest.fail("no vectors are needed"))
    assert fitted(shop)[1] is None, "it takes more than five products to have each tag"


def test_categories_count_unless_they_are_not_wanted(shop):
    rows = [
        Product("a", "新款", category="服饰/上衣"),
        Product("b", "新款", category="百货/杯子"),
        Product("c", "新款"),
    ]
    with_, without = fitted(shop)[0], fitted(shop, category=False)[0]
    top, other, none = with_.transform(rows)[:, with_.tags.index("休闲")]
    assert top > other and top > none
    assert np.ptp(without.transform(rows), axis=0).max() < 1e-6


def test_a_new_tag_borrows_from_known_ones_and_counts_more_where_it_is_present(shop):
    features, _ = fitted(shop)
    known = len(features.tags)
    near = np.zeros((1, known), dtype=np.float32)
    near[0, :2] = 0.5
    features.extend(["绿色"], near)
    found = features.transform([Product("a", "新款绿色"), Product("b", "新款")])
    assert found[0, -1] > found[1, -1]
    chances = 1 / (1 + np.exp(-found[1].astype(float)))
    assert chances[known] == pytest.approx(chances[:2].mean(), rel=1e-4)
    again = make().restore(features.state())
    assert again.tags == features.tags and np.array_equal(again.transform(shop), features.transform(shop))


def test_a_synonym_in_the_text_counts_as_the_tag(shop):
    synonyms = {"红色": ["朱砂"]}
    rows = [Product("a", "新款红色"), Product("b", "新款朱砂"), Product("c", "新款朱漆")]
    features, _ = fitted(shop, synonyms=synonyms)
    at = features.tags.index("红色")
    _, synonym, neither = features.transform(rows)[:, at]
    assert synonym > neither
    again = make(synonyms=synonyms).restore(features.state())
    assert np.array_equal(again.transform(rows), features.transform(rows))
    assert fitted(shop)[0].transform(rows)[1, at] == pytest.approx(neither, abs=1e-5)


class TestCache:
    @pytest.fixture(params=["in memory", "in a folder"])
    def cache(self, request, tmp_path: Path, monkeypatch) -> FitCache:
        monkeypatch.setattr(cache_module, "COSTLY", 0.0)
        return FitCache() if request.param == "in memory" else FitCache(tmp_path)

    def test_equal_features_are_fitted_once(self, shop, cache, monkeypatch):
        calls = []
        for name in ("fit", "transform"):
            own = getattr(BaseScores, name)
            monkeypatch.setattr(
                BaseScores, name, lambda self, *args, name=name, own=own: calls.append(name) or own(self, *args)
            )
        both = [make(), make()]
        first, second = (features.fit(tags_of(shop), shop, [], 2, cache) for features in both)
        assert np.array_equal(first, second)
        assert np.array_equal(*(features.transform(shop[:3], cache) for features in both))
        assert calls == ["fit", "transform"]

    def test_new_tags_do_not_reach_the_other_object(self, shop, cache):
        tags, both = tags_of(shop), [make(), make()]
        for features in both:
            features.fit(tags, shop, [], 2, cache)
        before = both[1].transform(shop, cache)
        both[0].extend(["新品"], np.full((1, len(tags)), 0.1, dtype=np.float32))
        assert both[0].transform(shop, cache).shape == (len(shop), len(tags) + 1)
        assert np.array_equal(both[1].transform(shop, cache), before)
