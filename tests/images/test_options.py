import logging

import numpy as np
import pytest

from tagkit.contract import PRODUCTS, photographed
from tagkit.errors import BadInput
from tagkit.images.options import Scaler
from tagkit.product import Product
from tagkit.taggers import create


def test_scaled_features_have_mean_0_and_deviation_1():
    vectors = np.random.default_rng(0).normal(3, 5, size=(200, 4)).astype(np.float32)
    vectors[:, 3] = 7
    scaled = Scaler.of(vectors)(vectors)
    assert np.allclose(scaled.mean(axis=0), 0, atol=1e-4) and np.allclose(scaled.std(axis=0)[:3], 1, atol=1e-2)
    assert not scaled[:, 3].any()


@pytest.mark.parametrize("name", ["image", "image_knn", "image_linear"])
def test_products_without_photos(name, tiny_photo_model, caplog):
    tagger = create(name, model=str(tiny_photo_model))
    with pytest.raises(BadInput, match="needs tagged products with photos"):
        tagger.fit(PRODUCTS)
    products = [*photographed(PRODUCTS), Product("bare", "x", tags=("鞋子",))]
    tagger.fit(products)
    broken = Product("broken", "高跟鞋", images=("none.jpg",))
    with caplog.at_level(logging.WARNING):
        assert tagger.predict([broken, products[0], Product("高跟鞋")])[0::2] == [[], []]
    assert "1 of 2 photos cannot be read" in caplog.text and "none.jpg" in caplog.text
    assert tagger.score_of([broken, products[0]], "鞋子")[0] == 0
    assert tagger.predict(Product("", images=products[0].images))


def test_an_explanation_shows_neighbours_or_what_the_photo_adds(tiny_photo_model):
    products = photographed(PRODUCTS)
    for name in ("image", "image_knn", "image_linear"):
        tagger = create(name, model=str(tiny_photo_model)).fit(products)
        best = tagger.predict(products[0])[0]
        found = tagger._explain(products[0], best.text)
        assert found.score == pytest.approx(best.score, abs=1e-6)
        assert any(share.name == "photo" for share in found.shares)
        assert "photo" in tagger._explain(PRODUCTS[0], best.text).facts
    neighbours = create("image_knn", model=str(tiny_photo_model)).fit(products)._explain(products[0], "鞋子").neighbours
    assert neighbours[0].similarity == pytest.approx(1, abs=1e-3)
