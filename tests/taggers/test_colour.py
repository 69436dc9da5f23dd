"""Colour: names of train, broader names, own names, what is said of photos that cannot be read."""

from __future__ import annotations

import base64
import io

import pytest

pytest.importorskip("skimage", reason="colours need tagkit[images]")

from PIL import Image, ImageDraw

import tagkit
from tagkit.contract import PRODUCTS
from tagkit.product import Product
from tagkit.taggers import create

RED, NAVY, BLUE, GOLD = (190, 20, 30), (20, 28, 55), (50, 90, 180), (218, 165, 32)


def photo(*colours):
    """The data address of a photo of something striped, on white."""
    image = Image.new("RGB", (60, 80), "white")
    draw = ImageDraw.Draw(image)
    for at, colour in enumerate(colours):
        draw.rectangle((10, 10 + at * 60 // len(colours), 50, 10 + (at + 1) * 60 // len(colours)), colour)
    file = io.BytesIO()
    image.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def texts(tagger, title, *colours):
    return [tag.text for tag in tagger.predict(Product("", title, images=(photo(*colours),)))]


def test_a_colour_is_called_as_train_calls_it_in_the_language_of_the_product():
    tagger = create("colour").fit(PRODUCTS)
    assert texts(tagger, "连衣裙", RED) == ["红色"] and texts(tagger, "dress", RED) == ["red"]
    assert texts(create("colour", language="zh").fit(PRODUCTS), "dress", RED) == ["红色"]
    assert texts(create("colour").fit([Product("", "x", tags=("Red",))]), "连衣裙", RED) == ["Red"]


def test_a_special_colour_that_train_lacks_has_the_broader_name_and_one_without_a_name_is_not_given():
    tagger = create("colour").fit(PRODUCTS)
    assert texts(tagger, "shirt", NAVY) == ["blue"] and texts(tagger, "shirt", GOLD) == []
    assert texts(create("colour").fit([Product("", "x", tags=("Navy Blue", "blue"))]), "shirt", NAVY) == ["Navy Blue"]


def test_without_colours_in_train_all_have_their_own_names():
    tagger = create("colour").fit([Product("", "x", tags=("shoes",))])
    assert texts(tagger, "shirt", NAVY) == ["navy"] and texts(tagger, "衬衫", NAVY) == ["藏青色"]


def test_scores_are_shares_and_small_ones_are_left_out():
    tagger = create("colour", least=0.2).fit(PRODUCTS)
    found = tagger.predict(Product("", "shirt", images=(photo(RED, BLUE),)))
    assert {tag.text for tag in found} == {"red", "blue"} and sum(tag.score for tag in found) == pytest.approx(1)
    assert len(create("colour", limit=1).fit(PRODUCTS).predict(Product("", "shirt", images=(photo(RED, BLUE),)))) == 1
    assert texts(create("colour", least=0.9).fit(PRODUCTS), "shirt", RED, BLUE) == []


def test_photos_that_cannot_be_read_are_counted_and_the_others_tagged(caplog):
    tagger = create("colour").fit(PRODUCTS)
    rows = [Product("a", "shirt", images=(photo(RED),)), Product("b", "shirt", images=("nowhere.jpg",)), Product("bag")]
    found = tagger.predict([*rows, Product("c", "shirt", images=("data:image/png;base64,AAAA",))])
    assert [[tag.text for tag in row] for row in found] == [["red"], [], [], []]
    assert "2 of 3 photos cannot be read" in caplog.text and "of b: the photo nowhere.jpg" in caplog.text


def test_the_first_photo_that_can_be_read_counts(caplog):
    tagger = create("colour").fit(PRODUCTS)
    product = Product("a", "shirt", images=("nowhere.jpg", photo(RED)))
    assert [tag.text for tag in tagger.predict(product)] == ["red"] and not caplog.text


def test_it_learns_names_without_the_old_products_and_explains_by_shares(tmp_path):
    tagger = create("colour").fit(PRODUCTS)
    tagger.learned_from_ = None
    tagger.learn([Product("", "x", tags=("navy", "Red"))])
    assert texts(tagger, "shirt", NAVY) == ["navy"] and texts(tagger, "shirt", RED) == ["red"]
    product = Product("a", "shirt", images=(photo(RED, NAVY),))
    found = tagkit.explain(tagger, product, "red")
    assert {share.name: round(share.value, 1) for share in found.shares} == {"red": 0.5, "navy": 0.5}
    assert [share.note for share in found.shares if share.name == "red"] == ["counts as the tag"] and found.given
    assert "no photo" in tagkit.explain(tagger, "shirt", "red").facts["photo"]
