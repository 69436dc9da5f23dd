import io

import numpy as np
import pytest

pytest.importorskip("imagehash", reason="near-duplicate photos need tagkit[images]")

from PIL import Image, ImageFilter

from tagkit.images.duplicates import fingerprint, groups


def photo(seed):
    """A photo of blurred blots, different for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 9, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((90, 120), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1))


def compressed(image, quality):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def test_copies_in_other_sizes_and_qualities_are_found():
    first, second, other = photo(1), photo(2), photo(3)
    photos = [first, second, compressed(first, 60), other, first.resize((180, 240)), compressed(second, 70)]
    assert groups([fingerprint(one) for one in photos]) == [[0, 2, 4], [1, 5]]


def test_other_colours_and_mirrored_photos_are_other_photos():
    first = photo(1)
    red, green, blue = first.split()
    swapped = Image.merge("RGB", (blue, red, green))
    mirrored = first.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert groups([fingerprint(one) for one in (first, swapped, mirrored)]) == []


def test_a_small_patch_of_another_colour_makes_another_photo():
    first = Image.new("RGB", (96, 96), "white")
    first.paste((90, 60, 40), (30, 20, 60, 90))
    second = first.copy()
    first.paste((180, 30, 40), (78, 6, 90, 18))
    second.paste((40, 30, 190), (78, 6, 90, 18))
    assert groups([fingerprint(first), fingerprint(second)]) == []
    assert groups([fingerprint(first), fingerprint(compressed(first, 70))]) == [[0, 1]]


def test_no_photos_have_no_duplicates():
    assert groups([]) == [] and groups([fingerprint(photo(1))]) == []


def test_a_chain_is_one_group():
    first = fingerprint(photo(1))
    chain = [first]
    for bits in (0xFF, 0xFFFF):
        hashed = first.hash.copy()
        hashed[0] ^= np.uint64(bits)
        chain.append(first._replace(hash=hashed))
    assert groups(chain) == [[0, 1, 2]]
    assert groups([chain[0], chain[2]]) == []
