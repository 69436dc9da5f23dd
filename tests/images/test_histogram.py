import numpy as np
from PIL import Image

from tagkit.images.histogram import BINS, histogram


def test_shares_of_colours_add_up():
    found = histogram(Image.effect_noise((50, 70), 60).convert("RGB"))
    assert found.shape == (BINS**3,) and np.isclose((found**2).sum(), 1, atol=1e-5)


def test_the_middle_counts_more_than_the_corners():
    photo = Image.new("RGB", (64, 64), "white")
    photo.paste((255, 0, 0), (21, 21, 43, 43))
    red, white = histogram(photo)[[BINS * BINS * (BINS - 1), -1]] ** 2
    assert red > 1.4 * (22 / 64) ** 2 and np.isclose(red + white, 1, atol=0.1)
