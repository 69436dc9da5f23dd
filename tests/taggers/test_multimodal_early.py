"""One network on words and photos together."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import expit

import tagkit
from tagkit.contract import PRODUCTS, photographed
from tagkit.errors import BadInput
from tagkit.product import Product
from tagkit.taggers import create, multimodal_early

COLOURS = ("黑", "红", "蓝")
SHAPES = ("鞋", "包", "帽", "伞")
PHOTOS = [product.images for product in photographed(PRODUCTS[:3])]
OPTIONS = {"hidden": 32, "epochs": 40, "batch_size": 12, "hidden_half": 0.3}


@pytest.fixture(scope="module")
def shop():
    """Products whose colour only the photo tells, and whose kind only the title tells."""
    return [
        Product(str(at), f"新款{SHAPES[at % 4]}{at}号", images=PHOTOS[at % 3], tags=(COLOURS[at % 3], SHAPES[at % 4]))
        for at in range(96)
    ]


@pytest.fixture(scope="module")
def fitted(shop, tiny_photo_model):
    return create("multimodal_early", model=str(tiny_photo_model), **OPTIONS).fit(shop[:72], dev=shop[72:])


def best(row, count):
    return {tag.text for tag in row[:count]}


def test_words_and_photo_tell_what_they_know_alone_and_together(fitted, shop):
    product = replace(shop[80], tags=())
    assert best(fitted.predict(product), 2) == set(shop[80].tags)
    words_only, photo_only = replace(product, images=()), replace(product, title="")
    assert best(fitted.predict(words_only), 1) == {shop[80].tags[1]}
    assert best(fitted.predict(photo_only), 1) == {shop[80].tags[0]}
    broken = replace(product, images=("none.jpg",))
    assert fitted.predict(broken) == fitted.predict(words_only)
    assert fitted.predict(Product("", images=("none.jpg",))) == []


def test_each_case_is_calibrated_by_itself(fitted, shop):
    """Where half of a product is missing, the tags that only this half tells are as likely as they are frequent."""
    for change, unknown in (({"images": ()}, COLOURS), ({"title": ""}, SHAPES)):
        rows = fitted.predict([replace(product, tags=(), **change) for product in shop[72:]])
        scores = [tag.score for row in rows for tag in row if tag.text in unknown]
        assert np.mean(scores) == pytest.approx(1 / len(unknown), abs=0.15)


def test_one_half_changes_what_the_other_means(tiny_photo_model):
    """A tag that neither half tells by itself: late fusion adds up scores, and cannot learn it."""
    products = [
        Product(
            str(at), f"{SHAPES[at % 2]}{at}号", images=PHOTOS[at // 2 % 2], tags=("甲" if at % 4 in (0, 3) else "乙",)
        )
        for at in range(96)
    ]
    tagger = create("multimodal_early", model=str(tiny_photo_model), **OPTIONS | {"hidden_half": 0.0})
    rows = tagger.fit(products[:72], dev=products[72:]).predict(products[72:])
    assert np.mean([row[0].text == product.tags[0] for row, product in zip(rows, products[72:], strict=True)]) > 0.9


def test_products_without_a_photo_or_without_words_are_learned_from(shop, tiny_photo_model):
    train = [
        replace(product, images=()) if at % 3 == 1 else replace(product, title="") if at % 3 == 2 else product
        for at, product in enumerate(shop[:72])
    ]
    tagger = create("multimodal_early", model=str(tiny_photo_model), **OPTIONS).fit(
        [*train, Product("包", tags=("布",))]
    )
    assert tagger.tags_ == sorted((*COLOURS, *SHAPES))
    with pytest.raises(BadInput, match="needs tagged products with photos"):
        create("multimodal_early", model=str(tiny_photo_model)).fit(PRODUCTS)


def test_halves_are_hidden_but_never_both(fitted, shop):
    products = [
        *(replace(product, title="") for product in shop),
        *(replace(product, images=()) for product in shop),
        *shop * 20,
    ]
    count = len(shop)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, starts, values, photo = fitted._batch(fitted._halves(products), torch.arange(len(products)))
    has_words = torch.tensor([part.any() for part in torch.tensor_split(values, starts[1:])])
    has_photo = photo.any(1)
    assert not has_words[:count].any() and has_photo[:count].all()
    assert has_words[count : 2 * count].all() and not has_photo[count : 2 * count].any()
    words, photo = has_words[2 * count :], has_photo[2 * count :]
    assert (words | photo).all()
    assert [(~one).float().mean().item() for one in (words, photo)] == pytest.approx([0.3, 0.3], abs=0.03)


def test_the_most_frequent_terms_have_weights(shop, tiny_photo_model, monkeypatch):
    monkeypatch.setattr(multimodal_early, "MOST_TERMS", 5)
    tagger = create("multimodal_early", model=str(tiny_photo_model), **OPTIONS).fit(shop)
    names = [term for part in tagger._text.parts.values() for term in part.get_feature_names_out()]
    assert len(tagger.layers_[0]) == 5 and {" 新款", "号"} < {names[at] for at in tagger.terms_}


def test_explanation_adds_up_to_the_log_odds(fitted, shop):
    product = shop[80]
    colour, shape = (tagkit.explain(fitted, product, tag) for tag in product.tags)
    for found in (colour, shape):
        assert expit(sum(share.value for share in found.shares)) == pytest.approx(found.score, abs=1e-5)
        assert found.facts["read"] == "words and photo" and found.photo is not None
    value = [{share.name: share.value for share in found.shares} for found in (colour, shape)]
    assert value[0]["photo"] > value[0]["words"] and value[1]["words"] > value[1]["photo"]
    assert {word.text: word.weight > 0 for word in shape.words}[product.tags[1]]
    bare = tagkit.explain(fitted, replace(product, images=()), product.tags[1])
    assert bare.facts["read"] == "words" and {share.name: share.value for share in bare.shares}["photo"] == 0


def test_english_titles_and_the_seed(tiny_photo_model):
    products = [
        Product(
            str(at), f"new {('shoe', 'bag')[at % 2]} no {at}", images=PHOTOS[at % 3], tags=(("shoe", "bag")[at % 2],)
        )
        for at in range(40)
    ]
    params = {"model": str(tiny_photo_model), **OPTIONS}
    first, again, other = (create("multimodal_early", **params, seed=seed).fit(products) for seed in (0, 0, 1))
    assert first.predict("a red shoe")[0].text == "shoe"
    assert first.predict(products) == again.predict(products) != other.predict(products)
