import numpy as np
import pytest
from scipy.special import expit

from tagkit.contract import PRODUCTS, photographed
from tagkit.default import load_tagger
from tagkit.errors import BadInput
from tagkit.taggers import create


@pytest.fixture(scope="module")
def shop():
    """Products whose only tag is the colour on their photo."""
    return [
        product.from_dict(product.to_dict() | {"tags": [("黑", "红", "蓝")[at % 3]]})
        for at, product in enumerate(photographed(PRODUCTS))
    ]


def test_the_photo_tells_the_colour_and_the_seed_the_weights(shop, tiny_photo_model):
    params = {"model": str(tiny_photo_model), "hidden": 16, "epochs": 40, "batch_size": 6}
    first, again, other = (create("image", **params, seed=seed).fit(shop) for seed in (0, 0, 1))
    assert [row[0].text for row in first.predict(shop)] == [product.tags[0] for product in shop]
    assert first.predict(shop) == again.predict(shop) != other.predict(shop)


def test_scores_are_those_of_the_layers(shop, tiny_photo_model):
    tagger = create("image", model=str(tiny_photo_model), hidden=8, epochs=2).fit(shop, dev=shop[:6])
    vector = (tagger.photos(shop[:1]).vectors - tagger._scaler.mean) / tagger._scaler.spread
    first, constant, second, more = tagger.layers_
    logits = np.maximum(vector @ first + constant, 0) @ second + more
    scores = expit(tagger.scale_ * logits[0] + tagger.shift_)
    assert tagger.score_of(shop[:1], tagger.tags_[0]) == pytest.approx([scores[0]], abs=1e-5)


def test_a_trained_encoder_is_saved_and_gives_the_same_tags_alone(shop, tiny_photo_model, tmp_path):
    params = {"model": str(tiny_photo_model), "hidden": 16, "epochs": 10, "batch_size": 6}
    tagger = create("image", **params, unfrozen=2, tuning_epochs=2).fit(shop)
    assert tagger.tuned_ and tagger.load_encoder() is tagger.load_encoder()
    assert tagger.load_encoder().key != create("image", **params).fit(shop).load_encoder().key
    tagger.save(tmp_path / "model")
    loaded = load_tagger(tmp_path / "model")
    scores = tagger.score_of(shop, tagger.tags_[0])
    assert loaded.tagger.score_of(shop, tagger.tags_[0]) == pytest.approx(scores, abs=1e-6)
    assert [tagger.score_of([one], tagger.tags_[0])[0] for one in shop] == pytest.approx(scores, abs=1e-4)
    with pytest.raises(BadInput, match="cannot be trained"):
        create("image", **params, unfrozen=99).fit(shop)
