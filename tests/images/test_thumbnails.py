import base64
import io

import pytest

pytest.importorskip("PIL", reason="photos need tagkit[images]")

from PIL import Image

from tagkit.images.thumbnails import address_of, picture, thumbnail
from tagkit.product import Product


def opened(address):
    head, _, content = address.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


def test_a_thumbnail_is_a_small_copy_and_the_photo_stays_as_it_is():
    photo = Image.new("RGB", (2000, 1000), (200, 30, 30))
    small = opened(address_of(photo, 100))
    assert small.size == (100, 50) and photo.size == (2000, 1000)
    assert all(abs(value - wanted) < 6 for value, wanted in zip(small.getpixel((50, 25)), (200, 30, 30), strict=True))


def test_a_small_photo_is_not_enlarged():
    assert opened(address_of(Image.new("RGB", (60, 80)))).size == (60, 80)


def test_a_products_thumbnail_is_that_of_its_first_photo_that_can_be_read(tmp_path):
    Image.new("RGB", (300, 400), (200, 30, 30)).save(tmp_path / "a.jpg")
    address, why = thumbnail(Product("a", "dress", images=("nowhere.jpg", str(tmp_path / "a.jpg"))))
    assert opened(address).size == (120, 160) and why == ""
    assert thumbnail(Product("dress")) == ("", "")
    address, why = thumbnail(Product("a", "dress", images=("https://example.invalid/a.jpg",)))
    assert address == "" and "downloads are not allowed" in why


def test_a_product_shows_its_photo_on_its_card_or_why_not(tmp_path):
    Image.new("RGB", (30, 40), (200, 30, 30)).save(tmp_path / "a.png")
    shown = Product("a", "<b>dress", images=(str(tmp_path / "a.png"),), tags=("red",))._repr_html_()
    assert 'src="data:image/jpeg;base64,' in shown and "<b>" not in shown and "red" in shown
    hidden = Product("a", "dress", images=("<b>.jpg",))._repr_html_()
    assert "<img" not in hidden and "&lt;b&gt;.jpg cannot be read" in hidden
    assert "<img" not in Product("a", "dress")._repr_html_() and picture(Product("dress")) == ""
