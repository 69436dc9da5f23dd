import json

import pytest

pytest.importorskip("rapidocr_onnxruntime", reason="text in photos needs tagkit[images]")

from PIL import Image, ImageDraw, ImageFont

from tagkit.images import ocr


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))


@pytest.fixture(scope="module")
def label():
    """A photo of a label with two lines."""
    photo = Image.new("RGB", (320, 200), "white")
    draw = ImageDraw.Draw(photo)
    draw.text((30, 30), "GREEN TEA", fill="black", font=ImageFont.load_default(36))
    draw.text((30, 120), "500 ml", fill="darkred", font=ImageFont.load_default(36))
    return photo


def test_lines_are_read_from_top_to_bottom_with_their_boxes(label):
    lines = ocr.read_lines(label, "a" * 64)
    assert [line.text.replace(" ", "").lower() for line in lines] == ["greentea", "500ml"]
    for line in lines:
        left, top, right, bottom = line.box
        assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1 and 0.5 <= line.score <= 1
    assert lines[0].box[3] < lines[1].box[1] and lines[0].box[0] == pytest.approx(30 / 320, abs=0.03)


def test_a_photo_is_read_once(label, monkeypatch):
    digest = "b" * 64
    assert ocr.stored_lines(digest) is None
    first = ocr.read_lines(label, digest)
    monkeypatch.setattr(ocr, "_read", lambda photo: pytest.fail("the photo is read again"))
    assert ocr.read_lines(label, digest) == ocr.stored_lines(digest) == first


def test_what_is_damaged_in_the_cache_is_read_again(label):
    first = ocr.read_lines(label, "c" * 64)
    for content in (b"", b"{}", b'[["a"]]', b"\xff", json.dumps([["a", 1, "x"]]).encode()):
        ocr._place("c" * 64).write_bytes(content)
        assert ocr.read_lines(label, "c" * 64) == first


def test_a_photo_without_text_has_no_lines():
    assert ocr.read_lines(Image.new("RGB", (200, 200), "white"), "d" * 64) == []
    assert ocr.stored_lines("d" * 64) == []


def test_equal_lines_are_joined_once():
    lines = [ocr.Line(text, 0.9, (0, 0, 1, 1)) for text in ("TEA", "500 ml", "TEA")]
    assert ocr.joined(lines) == "TEA\n500 ml" and ocr.joined([]) == ""
