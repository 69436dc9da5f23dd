"""OCR: what stands in photos is learned from and tagged by, and spans stay in the product's own text."""

from __future__ import annotations

import base64
import io

import pytest

pytest.importorskip("rapidocr_onnxruntime", reason="text in photos needs tagkit[images]")

from PIL import Image, ImageDraw, ImageFont

import tagkit
from tagkit.contract import PRODUCTS
from tagkit.product import Product
from tagkit.taggers import create


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def label(text):
    """The data address of a photo of a label."""
    photo = Image.new("RGB", (420, 120), "white")
    ImageDraw.Draw(photo).text((30, 30), text, fill="black", font=ImageFont.load_default(40))
    file = io.BytesIO()
    photo.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


FLAVOURS = ("Chocolate", "Vanilla")
ROWS = [Product(f"{at}", "A bar", images=(label(text.upper()),), tags=(text,)) for at, text in enumerate(FLAVOURS * 4)]


def test_what_stands_in_a_photo_is_learned_from_and_tagged_by():
    product = Product("new", "Another bar", images=(label("VANILLA DREAM"),))
    with_photos = create("ocr", tagger=["linear", {"min_count": 1}]).fit(ROWS)
    assert with_photos.predict(product)[0].text == "Vanilla"
    assert with_photos.predict(product)[0].source == "ocr/linear"
    without = create("linear", min_count=1).fit(ROWS)
    assert abs(without.score_of([product], "Vanilla")[0] - without.score_of([product], "Chocolate")[0]) < 1e-6


def test_spans_are_of_the_products_own_text_and_the_explanation_shows_the_photos():
    tagger = create("ocr", tagger="dictionary").fit(ROWS)
    product = Product("new", "A Vanilla bar", images=(label("CHOCOLATE"),))
    found = {tag.text: [product.text[span.start : span.end] for span in tag.spans] for tag in tagger.predict(product)}
    assert found == {"Vanilla": ["Vanilla"], "Chocolate": []}
    explained = tagkit.explain(tagger, product, "Chocolate")
    assert [word.text for word in explained.words] == ["CHOCOLATE"] and explained.strategy == "ocr"
    assert "CHOCOLATE (" in explained.facts["in the photo"] and "% from the left" in explained.facts["in the photo"]
    assert tagkit.explain(tagger, "A bar", "Chocolate").facts["in the photo"] == "the product has no photo"


def test_without_photos_it_is_the_strategy_itself():
    tagger, plain = create("ocr", tagger="linear").fit(PRODUCTS), create("linear").fit(PRODUCTS)
    for row, other in zip(tagger.predict(PRODUCTS), plain.predict(PRODUCTS), strict=True):
        assert [(tag.text, tag.score, tag.spans) for tag in row] == [(tag.text, tag.score, tag.spans) for tag in other]


def test_synonyms_reach_the_strategy_and_a_saved_one_gives_the_same_tags(tmp_path):
    tagger = create("ocr", tagger="lexicon", synonyms={"Chocolate": ["cocoa"]}).fit(ROWS)
    product = Product("new", "A bar", images=(label("COCOA"),))
    assert [tag.text for tag in tagger.predict(product)] == ["Chocolate"]
    again = tagkit.load_tagger(tagger.save(tmp_path / "model"))
    assert [tag.text for tag in again.predict(product)] == ["Chocolate"]
