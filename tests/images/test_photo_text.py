import base64
import io

import pytest

pytest.importorskip("rapidocr_onnxruntime", reason="text in photos needs tagkit[images]")

from PIL import Image, ImageDraw, ImageFont

from tagkit.images.photo_text import lines_in, with_photo_text
from tagkit.product import Product


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))


def label(text):
    """The data address of a photo of a label."""
    photo = Image.new("RGB", (320, 120), "white")
    ImageDraw.Draw(photo).text((30, 30), text, fill="black", font=ImageFont.load_default(40))
    file = io.BytesIO()
    photo.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def test_the_text_is_the_end_of_the_description_and_spans_hold(caplog):
    rows = [
        Product("a", "Tea", images=(label("MATCHA"),)),
        Product("b", "Tea", "From Kyoto", images=(label("MATCHA"),)),
        Product("c", "Tea", "From Kyoto"),
        Product("d", "Tea", images=("nowhere.jpg",)),
    ]
    made = with_photo_text(rows)
    assert [product.description for product in made] == ["MATCHA", "From Kyoto\nMATCHA", "From Kyoto", ""]
    assert all(after.text.startswith(before.text) for before, after in zip(rows, made, strict=True))
    assert made[2] is rows[2] and "ocr: 1 of 3 photos cannot be read" in caplog.text


def test_the_first_photo_that_can_be_read_counts():
    lines, why = lines_in(Product("a", "Tea", images=("nowhere.jpg", label("MATCHA"), label("SENCHA"))))
    assert [line.text for line in lines] == ["MATCHA"] and why == ""
    assert lines_in(Product("Tea")) == ([], "the product has no photo")
    assert "nowhere.jpg" in lines_in(Product("a", "Tea", images=("nowhere.jpg",)))[1]
