"""The scores of simple models: leave-one-out, categories, tags and synonyms in the text."""

from __future__ import annotations

import numpy as np
import pytest
from toy_shop import make_shop, word_vectors

from tagkit.product import Product
from tagkit.taggers.base_scores import PRESENT, BaseScores

VOTES, CATEGORY = slice(1, 3), 3
"""Which scores are the votes of neighbours, and the share of products of the same category."""


@pytest.fixture(scope="module")
def shop() -> list[Product]:
    return make_shop()


def fitted(shop, category=True, synonyms=None) -> tuple[BaseScores, np.ndarray]:
    base = BaseScores(category, synonyms)
    return base, base.fit(shop, word_vectors(shop), [], 2)


def test_the_scores_of_a_training_product_do_not_know_its_own_tags(shop):
    base, scores = fitted(shop)
    changed = Product("x", shop[-1].text, category=shop[-1].category, tags=("棉",))
    other, changed_scores = fitted([*shop[:-1], changed])
    assert base.gold[-1].nnz != other.gold[-1].nnz
    assert np.allclose(scores[-1, :, VOTES], changed_scores[-1, :, VOTES])
    # The share in the category is smoothed by all of train, which has the product.
    assert np.abs(scores[-1, :, CATEGORY] - changed_scores[-1, :, CATEGORY]).max() <= 3 / len(shop) / 20
    known = base.transform([shop[-1]], word_vectors([shop[-1]]))[0]
    assert not np.allclose(known[:, VOTES], scores[-1, :, VOTES]), "as a new product it is its own neighbour"


def test_products_without_a_category_get_the_shares_of_train(shop):
    base, _ = fitted(shop)
    rows = [
        Product("a", "新款", category="服饰/上衣"),
        Product("b", "新款", category="服饰/其他"),
        Product("c", "新款"),
    ]
    leaf, top = (base.transform(rows, word_vectors(rows))[:, :, at] for at in (CATEGORY, CATEGORY + 1))
    share = np.asarray(base.gold.mean(0)).ravel()
    assert np.allclose(leaf[1:], share, atol=1e-6) and np.allclose(top[2], share, atol=1e-6)
    assert np.allclose(top[0], top[1]) and not np.allclose(top[0], share, atol=1e-2)
    ignored = fitted(shop, category=False)[0].transform(rows, word_vectors(rows))
    assert np.ptp(ignored, axis=0).max() < 1e-6


def test_a_synonym_in_the_text_counts_as_the_tag(shop):
    base, _ = fitted(shop, synonyms={"红色": ["朱砂"]})
    rows = [Product("a", "新款红色"), Product("b", "新款朱砂"), Product("c", "新款朱漆")]
    assert base.present(rows, ["红色", "皮"]).tolist() == [[1, 0], [1, 0], [0, 0]]
    assert base.transform(rows, word_vectors(rows))[:, :, PRESENT].sum() == 2


def test_a_restored_object_gives_the_same_scores(shop):
    base, _ = fitted(shop)
    again = BaseScores(True, None).restore(base.state())
    assert np.array_equal(base.transform(shop, word_vectors(shop)), again.transform(shop, word_vectors(shop)))
