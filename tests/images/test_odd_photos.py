"""Every odd or damaged photo is a picture or one reason; nothing crashes, hangs or fills the memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

pytest.importorskip("skimage", reason="photos need tagkit[images]")

from odd_photos import READABLE, SIZE, UNREADABLE, write_all

from tagkit.images.loading import BadPhoto, load, load_all
from tagkit.product import Product
from tagkit.taggers import create

BLACK_AND_WHITE = {"grey.jpg", "one bit.png", "16 bits.png", "transparent grey.png"}
OTHER_SIZE = {"turned.jpg": (30, 40), "one pixel.png": (1, 1), "thin.png": (3000, 1)}
OTHER_CORNER = {"turned.jpg": (-3, 3), "mirrored.jpg": (-3, 3)}
"""Where the red quarter is, as a negative or positive column and row, on photos that are turned."""


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    return write_all(tmp_path_factory.mktemp("photos"))


def test_there_are_more_than_forty():
    assert len(READABLE) >= 25 and len(READABLE) + len(UNREADABLE) >= 40


def test_what_can_be_read_is_an_upright_picture_in_rgb(odd):
    for name, source in odd[0].items():
        photo = load(source)
        assert (photo.mode, photo.size) == ("RGB", OTHER_SIZE.get(name, SIZE)), name
        if name in BLACK_AND_WHITE or photo.size[0] < 10 or photo.size[1] < 10:
            continue
        x, y = OTHER_CORNER.get(name, (3, 3))
        red, _, blue = photo.getpixel((x % photo.width, y % photo.height))
        assert red > 150 and blue < 100, name


def test_transparent_parts_are_white_and_sixteen_bits_keep_their_order(odd):
    for name in ("transparent.png", "transparent grey.png", "transparent palette.png"):
        assert min(load(odd[0][name]).getpixel((35, 25))) > 245, name
    assert load(odd[0]["16 bits.png"]).getpixel((3, 3))[0] > 200
    assert load(odd[0]["16 bits.png"]).getpixel((35, 3))[0] < 50


def test_what_cannot_be_read_is_one_sentence_that_names_the_photo(odd):
    for name, source in odd[1].items():
        with pytest.raises(BadPhoto) as caught:
            load(source)
        message = str(caught.value)
        assert "\n" not in message and len(message) < 600 and "photo" in message, name
        assert "data:" in source or source[:40] in message or name == "zero byte", name


def test_no_bomb_is_decoded(odd):
    bombs = [source for name, source in odd[1].items() if "bomb" in name or name in ("too large.png", "endless")]
    assert len(bombs) == 6
    tracemalloc.start()
    for source in bombs:
        with pytest.raises(BadPhoto):
            load(source)
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


def test_all_are_accounted_for_and_one_does_not_stop_the_others(odd, caplog):
    good, bad = odd
    sources = [source for pair in zip([*good.values()], [*bad.values()], strict=False) for source in pair]
    sources += [*good.values()][len(bad) :] + [*bad.values()][len(good) :]
    rows = [Product(f"{at}", "shirt", images=(source,)) for at, source in enumerate(sources)]
    found = list(load_all(rows))
    assert len(found) == len(rows) == len(good) + len(bad) > 40
    assert sum(isinstance(one, BadPhoto) for one in found) == len(bad)
    tags = create("colour").fit([Product("", "shirt", tags=("red", "blue"))]).predict(rows)
    assert f"{len(bad)} of {len(rows)} photos cannot be read" in caplog.text
    assert all(not row for row, one in zip(tags, found, strict=True) if isinstance(one, BadPhoto))
    assert np.mean([bool(row) for row, one in zip(tags, found, strict=True) if not isinstance(one, BadPhoto)]) > 0.8
