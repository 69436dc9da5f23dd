import base64

import pytest

from tagkit.errors import BadInput
from tagkit.product import Product
from tagkit.reviewing import photos

PNG = b"\x89PNG\r\n\x1a\n" + b"rest"
ADDRESS = "data:image/png;base64," + base64.b64encode(PNG).decode()


def product(*images):
    return Product("p", "红色", images=images)


def test_a_photo_of_the_web_is_named_and_not_loaded():
    found = photos.described(product("https://shop.example/a.jpg"))
    assert found == {"address": "https://shop.example/a.jpg", "host": "shop.example"}


def test_a_photo_here_needs_no_address():
    assert photos.described(product(ADDRESS)) == {}
    assert photos.described(product("a.png")) == {}


@pytest.mark.parametrize("image", ["javascript:alert(1)//://", "ftp://shop.example/a.jpg", "http://[broken"])
def test_other_addresses_are_not_shown(image):
    assert photos.described(product(image)) is None


def test_without_photos_there_is_nothing_to_show():
    assert photos.described(product()) is None
    with pytest.raises(BadInput, match="has no photo on this machine"):
        photos.read(product("https://shop.example/a.jpg"))


def test_a_data_address_and_a_file_are_read(tmp_path):
    assert photos.read(product(ADDRESS)) == ("image/png", PNG)
    path = tmp_path / "named-wrongly.png"
    path.write_bytes(b"\xff\xd8\xff\xe0")
    assert photos.read(product(str(path))) == ("image/jpeg", b"\xff\xd8\xff\xe0")


def test_a_file_that_is_no_photo_never_reaches_the_browser(tmp_path):
    path = tmp_path / "page.png"
    path.write_text("<svg onload='alert(1)'/>")
    with pytest.raises(BadInput, match="is no PNG, JPEG, GIF, BMP, WebP or AVIF image"):
        photos.read(product(str(path)))
