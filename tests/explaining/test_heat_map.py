"""Heat maps: what is hidden, what counts, and how it is shown."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest

pytest.importorskip("skimage", reason="photos need tagkit[images]")

from PIL import Image

import tagkit
from tagkit.explaining.heat_map import CELLS, heat_map, without_square
from tagkit.product import Product
from tagkit.taggers import create

COLOURS = Product("", "x", tags=("red", "blue"))


def photo(red, blue):
    """The data address of a photo with a red and a blue square at some corners, on white."""
    image = Image.new("RGB", (160, 160), "white")
    image.paste((190, 20, 30), (red[0], red[1], red[0] + 40, red[1] + 40))
    image.paste((50, 90, 180), (blue[0], blue[1], blue[0] + 40, blue[1] + 40))
    file = io.BytesIO()
    image.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


@pytest.fixture(scope="module")
def tagger():
    return create("colour").fit([COLOURS])


def test_the_parts_with_the_colour_speak_for_it_and_those_with_another_against_it(tagger):
    product = Product("a", "toy", images=(photo((20, 20), (100, 100)),))
    found = heat_map(tagger, product, "red")
    weights = np.array(found.weights)
    assert weights.shape == (CELLS, CELLS)
    assert weights[1:3, 1:3].min() > 0.1 and weights[5:7, 5:7].max() < -0.1
    assert np.abs(weights[:, 3:5]).max() < 0.5 * np.abs(weights).max()
    weight, x, y = found.strongest()
    assert abs(weight) == np.abs(weights).max() and 0 < x < 1 and 0 < y < 1


def test_an_explanation_shows_the_map(tagger):
    product = Product("a", "toy", images=(photo((20, 20), (100, 100)),))
    found = tagkit.explain(tagger, product, "red")
    html = found._repr_html_()
    assert html.count("<img ") == 2 and "rgba(0,114,178" in html and "rgba(213,94,0" in html
    assert "without the part of the photo" in str(found) and "photo" in json.loads(json.dumps(found.to_dict()))
    assert tagkit.explain(tagger, product, "red", "random").photo is None
    assert tagkit.explain(tagger, Product("a", "toy", images=("nowhere.jpg",)), "red").photo is None
    assert tagkit.explain(tagger, "toy", "red").photo is None


def test_a_product_without_words_is_explained_by_its_photo(tagger):
    assert tagkit.explain(tagger, Product("a", "", images=(photo((20, 20), (100, 100)),)), "red").photo is not None


def test_what_is_hidden_gets_the_colour_of_the_border():
    pixels = np.zeros((83, 61, 3), dtype=np.uint8)
    pixels[[0, -1]] = pixels[:, [0, -1]] = 200
    hidden = without_square(pixels, 2, 6)
    changed = (hidden != pixels).any(axis=-1)
    assert changed[83 * 2 // 8 : 83 * 4 // 8, 61 * 6 // 8 : -1].all() and not changed[: 83 * 2 // 8].any()
    assert (hidden[changed] == 200).all()


def test_a_photo_of_a_few_pixels_is_taken(tagger):
    file = io.BytesIO()
    Image.new("RGB", (3, 2), (190, 20, 30)).save(file, "PNG")
    address = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    assert heat_map(tagger, Product("a", "toy", images=(address,)), "red") is not None
