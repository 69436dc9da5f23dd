"""Ridge regression: exact and iterative solutions, the choice of the penalty, pruning and calibration."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tagkit.errors import BadInput
from tagkit.features import targets
from tagkit.product import Product
from tagkit.taggers import create, linear


def ridge(x, y, penalty):
    """Return the weights of ridge regression, shape (features, tags)."""
    return Ridge(penalty, fit_intercept=False, solver="cholesky").fit(x.toarray(), y).coef_.T


@pytest.mark.parametrize("penalty", [0.3, 3.0])
def test_it_agrees_with_scikit_learn_where_weights_are_not_pruned(products, penalty):
    tagger = create("linear", penalty=penalty).fit(products)
    x, y = tagger.features(products), targets(products, tagger.tags_).toarray()
    expected = ridge(x, y - tagger.bias_, penalty)
    weights = tagger.weights_.toarray()
    share = np.abs(expected) / np.abs(expected).max(axis=0)
    np.testing.assert_allclose(weights[share > 0.051], expected[share > 0.051], atol=1e-5)
    assert not weights[share < 0.049].any() and 0.1 < np.mean(weights == 0) < 0.9


def test_held_out_predictions_are_those_of_leaving_one_product_out(products):
    tagger = create("linear", penalty=1.0).fit(products)
    x, y = tagger.features(products), targets(products, tagger.tags_).toarray() - tagger.bias_
    for row in range(0, len(products), 5):
        rest = np.arange(len(products)) != row
        expected = x[row] @ ridge(x[rest], y[rest], 1.0) + tagger.bias_
        np.testing.assert_allclose(tagger.held_out_[row], expected.ravel(), atol=1e-5)


def test_the_penalty_with_the_smallest_held_out_error_is_chosen(products):
    y = targets(products, create("linear").fit(products).tags_).toarray()
    made = {penalty: create("linear", penalty=penalty).fit(products) for penalty in linear.PENALTIES}
    errors = {penalty: np.square(tagger.held_out_ - y).mean() for penalty, tagger in made.items()}
    best = made[min(errors, key=errors.__getitem__)]
    assert create("linear").fit(products).predict(products) == best.predict(products)


def test_many_products_are_solved_by_iteration(products, monkeypatch):
    exact = create("linear", penalty=1.0).fit(products, dev=products)
    monkeypatch.setattr(linear, "CLOSED_FORM", 0)
    iterative = create("linear").fit(products, dev=products)
    assert exact.held_out_ is not None and iterative.held_out_ is None
    features = exact.features(products)
    np.testing.assert_allclose(iterative.raw(features), exact.raw(features), atol=1e-2)


def test_scores_are_calibrated_on_dev(products):
    """With right tags nowhere but in the first product, all scores are low."""
    dev = [products[0], *(Product(p.id, p.title, tags=("unseen",)) for p in products[1:])]
    usual, strict = (create("linear").fit(products, dev=rows).predict(products[3:4])[0] for rows in ((), dev))
    assert [tag.text for tag in usual[:3]] == [tag.text for tag in strict[:3]]
    assert usual[0].score > 2 * strict[0].score


def test_tags_that_are_not_in_the_text_are_found(products):
    [row] = create("linear").fit(products).predict(["绿色高跟鞋"])
    assert "鞋子" in [tag.text for tag in row[:5]]


def test_rare_tags_are_ignored_and_the_limit_holds(products):
    rare = [*products, Product("x", "驼色大衣", tags=("大衣",))]
    common, everything = (create("linear", min_count=count, limit=4).fit(rare) for count in (2, 1))
    assert "大衣" not in common.tags_ and "大衣" in everything.tags_
    assert {len(row) for row in everything.predict(products)} == {4}
    with pytest.raises(BadInput, match="no tag occurs 99 times"):
        create("linear", min_count=99).fit(products)


def test_two_texts_without_a_word_in_common_are_enough():
    products = [Product("1", "红色高跟鞋", tags=("鞋子",)), Product("2", "blue boots", tags=("鞋子",))]
    assert create("linear").fit(products).predict(["红色高跟鞋"])[0][0].text == "鞋子"
