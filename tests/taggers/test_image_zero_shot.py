import numpy as np
import pytest

from tagkit.contract import PRODUCTS, photographed
from tagkit.errors import BadInput, NotSetUp
from tagkit.images.encoder import ImageEncoder
from tagkit.images.loading import load_first
from tagkit.taggers import create


def test_scores_are_a_softmax_of_cosines(tiny_clip):
    products = photographed(PRODUCTS)
    tagger = create("image_zero_shot", model=str(tiny_clip), prompt="photo of {}", temperature=0.1).fit(products)
    encoder = ImageEncoder.load(str(tiny_clip))
    photo = encoder.encode([load_first(products[0])])[0]
    texts = encoder.encode_texts([f"photo of {tag}" for tag in tagger.tags_])
    cosines = texts @ photo / np.linalg.norm(texts, axis=1) / np.linalg.norm(photo)
    expected = np.exp(cosines / 0.1) / np.exp(cosines / 0.1).sum()
    row = tagger.predict(products[0])  # the tiny model reads all Chinese tags alike: several are the best
    assert expected[tagger.tags_.index(row[0].text)] == pytest.approx(expected.max(), abs=1e-4)
    assert row[0].score == pytest.approx(expected.max(), abs=2e-3)


def test_what_it_needs(tiny_clip, tiny_photo_model):
    with pytest.raises(NotSetUp, match="needs a model with a text tower"):
        create("image_zero_shot").fit(PRODUCTS)
    with pytest.raises(BadInput, match="has no text tower"):
        create("image_zero_shot", model=str(tiny_photo_model)).fit(PRODUCTS)
    with pytest.raises(BadInput, match="where the tag goes"):
        create("image_zero_shot", model=str(tiny_clip), prompt="a photo").fit(PRODUCTS)


def test_new_tags_are_learned_at_once(tiny_clip):
    products = photographed(PRODUCTS)
    tagger = create("image_zero_shot", model=str(tiny_clip)).fit(products[:4])
    tagger.learn(products[4:8], old=None)
    assert set(tagger.tags_) == {tag for product in products[:8] for tag in product.tags}
