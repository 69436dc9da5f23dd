"""Fusion of words and photos."""

from dataclasses import replace

import numpy as np
import pytest

import tagkit
from tagkit.contract import PRODUCTS, photographed
from tagkit.errors import BadInput
from tagkit.product import Product, Tag
from tagkit.taggers import create, multimodal

COLOURS = ("黑", "红", "蓝")
SHAPES = ("鞋", "包", "帽", "伞")


@pytest.fixture(scope="module")
def shop():
    """Products whose colour only the photo tells, and whose kind only the title tells."""
    photos = [product.images for product in photographed(PRODUCTS[:3])]
    return [
        Product(str(at), f"新款{SHAPES[at % 4]}{at}号", images=photos[at % 3], tags=(COLOURS[at % 3], SHAPES[at % 4]))
        for at in range(60)
    ]


@pytest.fixture(scope="module")
def fitted(shop, tiny_photo_model):
    taggers = ["linear", ["image_linear", {"model": str(tiny_photo_model)}]]
    return create("multimodal", taggers=taggers).fit(shop[:48], dev=shop[48:])


def best(row, count=2):
    return {tag.text for tag in row[:count]}


def test_each_half_tells_what_it_knows(fitted, shop):
    product = replace(shop[50], tags=())
    assert best(fitted.predict(product)) == set(shop[50].tags)
    words_only, photo_only = replace(product, images=()), replace(product, title="")
    assert best(fitted.predict(words_only), 1) == {shop[50].tags[1]}
    assert best(fitted.predict(photo_only), 1) == {shop[50].tags[0]}
    broken = replace(product, images=("none.jpg",))
    assert fitted.predict(broken) == fitted.predict(words_only)
    assert fitted.predict(Product("", images=("none.jpg",))) == []


def test_without_a_photo_the_order_is_that_of_the_words(fitted, shop):
    products = [replace(product, images=(), tags=()) for product in shop[48:]]
    own = fitted.taggers_[0].predict(products)
    for row, words in zip(fitted.predict(products), own, strict=True):
        assert best(row, 1) == best(words, 1)


def test_both_kinds_are_needed():
    with pytest.raises(BadInput, match="name both kinds"):
        create("multimodal", taggers=["linear", "knn"]).fit(PRODUCTS)


def test_without_dev_a_fifth_is_held_out(shop, tiny_photo_model):
    taggers = ["linear", ["image_linear", {"model": str(tiny_photo_model)}]]
    tagger = create("multimodal", taggers=taggers).fit(shop[:48])
    assert best(tagger.predict(shop[50])) == set(shop[50].tags)


def test_explanation_adds_up_to_the_log_odds(fitted, shop):
    found = tagkit.explain(fitted, shop[50], shop[50].tags[0])
    total = sum(share.value for share in found.shares)
    assert 1 / (1 + np.exp(-total)) == pytest.approx(found.score, abs=1e-4)
    assert {share.name for share in found.shares} == {"linear", "image_linear", "constant"}
    assert found.facts["read"] == "words and photo"


def test_reliability_is_the_average_precision_with_a_prior():
    products = [Product(str(at), "x", tags=("a",) if at < 2 else ("b",)) for at in range(4)]
    lists = [[[Tag("a", score)]] for score in (0.9, 0.8, 0.7, 0.1)]
    [known] = multimodal._reliability(lists, products)
    assert known["a"] == pytest.approx((2 * 1.0 + 2 * 0.5) / 4)
    assert known["b"] < known["a"]
