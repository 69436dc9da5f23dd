import base64
import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from tagkit.images import loading
from tagkit.images.loading import BadPhoto, load, load_all, load_first
from tagkit.product import Product


def _saved(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def _pixel(content, at=(2, 2)):
    image = load(content)
    assert image.mode == "RGB"
    return image.getpixel(at)


def _png_of_size(width, height):
    """A valid beginning of a PNG file that states any size in a few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    idat = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = [len(body[4:]).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big") for body in (chunk, idat)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


RED = Image.new("RGB", (8, 8), (200, 30, 40))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF"])
def test_common_formats_give_the_same_picture(format):
    assert np.abs(np.subtract(_pixel(_saved(RED, format)), (200, 30, 40))).max() <= 10


@pytest.mark.parametrize(
    ("image", "format", "expected"),
    [
        (RED.convert("P", palette=Image.Palette.ADAPTIVE), "PNG", (200, 30, 40)),
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", (255, 0, 0)),
        (Image.new("RGBA", (8, 8), (200, 30, 40, 0)), "PNG", (255, 255, 255)),
        (Image.new("RGBA", (8, 8), (0, 0, 0, 128)), "PNG", (127, 127, 127)),
        (Image.new("LA", (8, 8), (0, 0)), "PNG", (255, 255, 255)),
        (Image.new("1", (8, 8), 1), "PNG", (255, 255, 255)),
        (Image.fromarray(np.full((8, 8), 40_000, np.uint16)), "PNG", (156, 156, 156)),
        (Image.fromarray(np.full((8, 8), 40_000, np.uint16)), "TIFF", (156, 156, 156)),
        (Image.fromarray(np.linspace(-2, 5, 64, dtype=np.float32).reshape(8, 8)), "TIFF", (73, 73, 73)),
    ],
    ids=["palette", "CMYK", "transparent", "half", "grey", "bits", "16 bits", "16 bits TIFF", "fractions"],
)
def test_colour_modes_become_rgb(image, format, expected):
    assert np.abs(np.subtract(_pixel(_saved(image, format)), expected)).max() <= 4


def test_transparent_colour_of_a_palette_becomes_white():
    image = RED.convert("P")
    assert _pixel(_saved(image, "PNG", transparency=image.getpixel((0, 0)))) == (255, 255, 255)


def test_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("green", "blue")]
    content = _saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert _pixel(content) == (0, 128, 0)


def test_photo_is_turned_as_its_exif_data_say():
    image = Image.new("RGB", (8, 4), "white")
    exif = image.getexif()
    exif[0x0112] = 6
    assert load(_saved(image, "JPEG", exif=exif)).size == (4, 8)


def test_damaged_exif_data_do_not_matter():
    assert load(_saved(RED, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")).size == (8, 8)


def test_jpeg_may_be_decoded_smaller():
    content = _saved(Image.new("RGB", (800, 1203)), "JPEG")
    assert load(content, at_least=150).size == (200, 301)
    assert load(content, at_least=801).size == (800, 1203)


@pytest.mark.parametrize("size", [(60_000, 60_000), (12_000, 12_000), (8_000, 7_000)])
def test_bomb_is_not_decoded(monkeypatch, size):
    monkeypatch.setattr(loading, "_rgb", lambda image: pytest.fail("it was decoded"))
    with pytest.raises(BadPhoto, match="is not decoded"):
        load(_png_of_size(*size))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"no picture", "is damaged, or none of JPEG"),
        (_saved(Image.effect_noise((64, 64), 50), "JPEG")[:-300], "is damaged: .*truncated"),
        (_saved(Image.effect_noise((64, 64), 50), "PNG")[:-300], "is damaged"),
        (_png_of_size(60_000, 60_000), "more than 50 million pixels and is not decoded"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "none of JPEG"),
    ],
    ids=["empty", "text", "truncated JPEG", "truncated PNG", "bomb", "EPS"],
)
def test_what_cannot_be_decoded_has_one_reason(content, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BadPhoto, match=message) as caught:
            load(content)
    assert "\n" not in str(caught.value)


def test_first_photo_that_can_be_read(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    good = "data:image/png;base64," + base64.b64encode(_saved(RED, "PNG")).decode()
    assert load_first(Product("1", "x", images=(str(tmp_path / "bad.jpg"), good))).size == (8, 8)


def test_one_bad_product_leaves_the_others_alone(tmp_path):
    good = "data:image/png;base64," + base64.b64encode(_saved(RED, "PNG")).decode()
    images = [(good,), (str(tmp_path / "none.jpg"),), (), (good,)]
    found = list(load_all(Product(str(row), "x", images=each) for row, each in enumerate(images)))
    assert [isinstance(one, BadPhoto) for one in found] == [False, True, True, False]
    assert "No such file" in str(found[1])
    assert str(found[2]) == "the product has no photo"
