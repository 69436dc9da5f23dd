"""Thresholds per tag, chosen on dev."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tagkit.errors import BadInput
from tagkit.product import Product, Tag
from tagkit.refine.thresholds import Thresholds


def best(gold, scores, chosen):
    """The F1 at the chosen threshold, and the best F1 at any score."""
    gold, scores = np.array(gold), np.array(scores)
    found = [f1_score(gold, scores >= threshold) for threshold in [chosen, *scores[scores >= 0]]]
    return found[0], max(found)


def test_they_are_the_best_on_dev(dev):
    predictions, products = dev
    step = Thresholds(min_count=5).fit(predictions, products)
    assert {"甲", "乙"} <= set(step.thresholds_)
    assert "丁" not in step.thresholds_
    rows = [
        ({tag.text: tag.score for tag in row}, product.tags)
        for row, product in zip(predictions, products, strict=True)
        if product.tags
    ]
    for text, chosen in step.thresholds_.items():
        at_chosen, at_best = best([text in gold for _, gold in rows], [row.get(text, -1.0) for row, _ in rows], chosen)
        assert 0 < at_chosen == at_best
    gold = [text in tags for _, tags in rows for text in "甲乙丙丁"]
    at_chosen, at_best = best(gold, [row.get(text, -1.0) for row, _ in rows for text in "甲乙丙丁"], step.default_)
    assert 0 < at_chosen == at_best


def test_they_lie_half_way_between_scores():
    products = [Product(str(i), "商品", tags=("甲",)) for i in range(5)]
    predictions = [[Tag("甲", 0.8), Tag("乙", 0.5)]] * 5
    step = Thresholds().fit(predictions, products)
    assert step.thresholds_ == {"甲": 0.4} and step.default_ == pytest.approx(0.65)


def test_frequent_tags_have_their_own_and_the_others_share_one(product):
    step = Thresholds().restore({"min_count": 5, "default": 0.0, "thresholds_": {"甲": 0.8}, "default_": 0.5})
    assert step.apply([Tag("甲", 0.7), Tag("乙", 0.6), Tag("丙", 0.4)], product) == [Tag("乙", 0.6)]


@pytest.mark.parametrize(
    ("predictions", "products"), [([], []), ([[Tag("甲", 0.9)]], [Product("1", "商品", tags=("乙",))])]
)
def test_the_default_is_used_if_dev_gives_nothing_to_choose_from(predictions, products):
    step = Thresholds(default=0.25).fit(predictions, products)
    assert (step.thresholds_, step.default_) == ({}, 0.25)


def test_products_without_gold_tags_do_not_matter(dev):
    predictions, products = dev
    step = Thresholds().fit(predictions, products)
    more = Thresholds().fit([*predictions, [Tag("甲", 1.0)]], [*products, Product("x", "没人标过")])
    assert (more.thresholds_, more.default_) == (step.thresholds_, step.default_)


def test_wrong_parameters_are_named():
    with pytest.raises(BadInput, match="thresholds: min_count must be at least 1, not 0"):
        Thresholds(0)
    with pytest.raises(BadInput, match="thresholds: default must be at most 1, not 2"):
        Thresholds(default=2)
    with pytest.raises(BadInput, match="1 lists for 0 products"):
        Thresholds().fit([[]], [])
