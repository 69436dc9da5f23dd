"""The votes of the nearest training products."""

from __future__ import annotations

import pytest

from tagkit.errors import BadInput
from tagkit.features import TextFeatures
from tagkit.product import Product
from tagkit.taggers import create


@pytest.mark.parametrize("index", ["both", "bm25", "char"])
def test_the_tags_of_an_identical_title_come_first(products, index):
    tagger = create("knn", index=index).fit(products)
    for product, row in zip(products[:5], tagger.predict(products[:5]), strict=True):
        assert set(product.tags) <= {tag.text for tag in row[: len(product.tags) + 3]}
    [row] = create("knn", index=index, k=1).fit(products).predict([products[0]])
    assert {tag.text: tag.score for tag in row} == dict.fromkeys(products[0].tags, 1.0)


@pytest.mark.parametrize(("k", "power"), [(2, 1.0), (3, 2.0)])
def test_scores_by_hand(products, k, power):
    features = TextFeatures(use_words=False)
    tags = sorted({tag for product in products for tag in product.tags})
    vectors = features.fit(products, tags)
    title = Product("x", "红色高跟鞋 婚礼")
    similarity = (features.transform([title]) @ vectors.T).toarray().ravel()
    nearest = sorted(range(len(products)), key=lambda i: (-round(similarity[i], 9), i))[:k]
    weights = {i: similarity[i] ** power for i in nearest}
    [row] = create("knn", index="char", k=k, power=power).fit(products).predict([title])
    assert row
    for tag in row:
        share = sum(weight for i, weight in weights.items() if tag.text in products[i].tags) / sum(weights.values())
        assert tag.score == pytest.approx(share, abs=1e-6)


def test_limit(products):
    full, short = (create("knn", limit=limit).fit(products) for limit in (20, 2))
    assert short.predict(products) == [row[:2] for row in full.predict(products)]


def test_a_title_without_a_known_word_gets_no_tags_by_words(products):
    assert create("knn", index="bm25").fit(products).predict(["зззз"]) == [[]]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"index": "dense"}, "index must be one of both, bm25, char, not 'dense'"),
        ({"k": 0}, "k must be at least 1, not 0"),
    ],
)
def test_wrong_parameters_are_named(products, params, message):
    with pytest.raises(BadInput, match=message):
        create("knn", **params).fit(products)


def test_it_needs_tags():
    with pytest.raises(BadInput, match="no training product has one"):
        create("knn").fit(["红色高跟鞋"])
