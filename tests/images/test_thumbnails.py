import base64
import io

import pytest

pytest.importorskip("PIL", reason="photos need tagkit[images]")

from PIL import Image

from tagkit.images.thumbnails import address_of


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
