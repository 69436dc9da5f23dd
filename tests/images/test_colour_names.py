import csv

import numpy as np
import pytest

pytest.importorskip("skimage", reason="colours need tagkit[images]")

from PIL import Image, ImageDraw

from tagkit.images.colour_names import TABLE, TERMS, background, dominant_colours


def shirt(colour, behind="white", size=(60, 80)):
    """A photo of a shirt, more or less."""
    photo = Image.new("RGB", size, behind)
    draw = ImageDraw.Draw(photo)
    width, height = size
    draw.polygon([(width * x, height * y) for x, y in ((0.3, 0.1), (0.7, 0.1), (0.8, 0.9), (0.2, 0.9))], colour)
    return photo


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((25, 25, 28), "black"),
        ((225, 225, 228), "white"),
        ((120, 122, 125), "grey"),
        ((190, 20, 30), "red"),
        ((235, 130, 170), "pink"),
        ((230, 110, 30), "orange"),
        ((235, 215, 60), "yellow"),
        ((50, 130, 60), "green"),
        ((50, 90, 180), "blue"),
        ((100, 50, 130), "purple"),
        ((105, 70, 45), "brown"),
        ((20, 28, 55), "navy"),
        ((205, 185, 155), "beige"),
    ],
)
def test_a_shirt_of_each_colour_has_its_name(colour, name):
    (first, share), *_ = dominant_colours(shirt(colour))
    assert first == name and share > 0.9


def test_the_background_is_left_out_whatever_its_colour():
    for behind in ("white", "black", (120, 160, 200)):
        assert dominant_colours(shirt((190, 20, 30), behind))[0][0] == "red"


def test_what_has_the_colour_of_the_background_and_is_enclosed_belongs_to_the_product():
    photo = shirt((190, 20, 30))
    ImageDraw.Draw(photo).rectangle((25, 30, 35, 50), "white")
    assert [name for name, _ in dominant_colours(photo)] == ["red", "white"]


def test_a_photo_of_one_colour_is_all_product():
    assert dominant_colours(Image.new("RGB", (30, 30), (50, 90, 180))) == [("blue", 1.0)]
    assert dominant_colours(Image.new("RGB", (1, 1), (50, 90, 180))) == [("blue", 1.0)]


def test_the_middle_counts_more():
    photo = Image.new("RGB", (60, 60), "white")
    draw = ImageDraw.Draw(photo)
    draw.rectangle((2, 2, 57, 28), (50, 90, 180))
    draw.rectangle((20, 29, 40, 40), (190, 20, 30))
    shares = dict(dominant_colours(photo))
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["red"] > 12 * 21 / (12 * 21 + 56 * 27)


def test_size_does_not_matter_much():
    small, large = (dict(dominant_colours(shirt((50, 130, 60), size=size))) for size in ((60, 80), (1200, 1600)))
    assert small["green"] == pytest.approx(large["green"], abs=0.05)


def test_the_background_is_a_mask_of_what_is_connected_to_the_border():
    lab = np.zeros((9, 9, 3))
    lab[2:7, 2:7] = (50, 40, 0)
    lab[4, 4] = 0
    mask = background(lab)
    assert mask.sum() == 81 - 25 and not mask[4, 4]


def test_every_row_of_the_table_is_a_colour_of_a_known_term():
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert {row["term"] for row in rows} == set(TERMS)
    assert len({row["name"] for row in rows}) == len(rows) > 800
    assert all(len(row["rgb"]) == 7 and int(row["rgb"][1:], 16) >= 0 for row in rows)


def test_broader_terms_are_terms_and_no_name_stands_for_two():
    names = [name for term in TERMS.values() for name in (*term.zh, *term.en)]
    assert len(set(names)) == len(names)
    assert {term.broader for term in TERMS.values()} <= {"", *TERMS}
