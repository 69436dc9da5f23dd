"""The reader of `fashion_small`."""

from __future__ import annotations

import hashlib
import zipfile

import pytest

from tagkit.datasets import fashion_small, load
from tagkit.errors import BadInput
from tagkit.images.loading import load as load_photo


def test_fashion_small_titles_tags_and_photos(public_data):
    data = load("fashion_small")
    clutch = next(product for product in data.products if product.id == "38682")
    assert clutch.title == "Spice Art Women Flower Embroidery Black Clutch"
    assert clutch.tags == ("Accessories", "Bags", "Clutches", "Black", "Casual")
    assert [tag.type for tag in clutch.annotations] == ["master", "sub", "article", "colour", "usage"]
    assert load_photo(clutch.images[0]).size == (60, 80)
    titles = [{product.title for product in part} for part in (data.train, data.dev, data.test)]
    assert not titles[0] & titles[1] and not titles[0] & titles[2] and not titles[1] & titles[2]
    assert all(len(tag.text) > 1 and tag.text == tag.text.strip() for p in data.products for tag in p.annotations)


def test_mask_and_kind(public_data):
    data = load("fashion_small", mask=True, kind="colour")
    clutch = next(product for product in data.products if product.id == "38682")
    assert clutch.title == "Spice Art Women Flower Embroidery" and clutch.tags == ("Black",)
    hidden = {"black", "blue", "shirt", "tshirt", "shoes", "watch", "red"}
    assert not any(hidden & set(product.title.lower().split()) for product in data.products)
    whole = load("fashion_small")
    assert [product.id for product in data.test] == [product.id for product in whole.test]


@pytest.mark.parametrize(
    ("title", "masked"),
    [
        ("Nike Men Red T-shirt", "Nike Men"),
        ("Puma Women Black/White Casual Shoe", "Puma Women"),
        ("Red Tape", "Tape"),
        ("Blue", ""),
    ],
)
def test_masked_titles(title, masked):
    hidden = fashion_small._words(["Red", "Tshirts", "Casual Shoes", "Black", "Blue"])
    assert fashion_small._masked(title, hidden) == masked


def test_photos_are_packed_from_the_repository_and_checked(tmp_path):
    with zipfile.ZipFile(tmp_path / "repository.zip", "w") as file:
        file.writestr("repo-1/data/images/2.jpg", b"two")
        file.writestr("repo-1/data/images/1.jpg", b"one")
        file.writestr("repo-1/README.md", b"no photo")
    lines = [f"{n}.jpg\0{hashlib.sha256(text).hexdigest()}\n" for n, text in ((1, b"one"), (2, b"two"))]
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    fashion_small.pack(tmp_path / "repository.zip", tmp_path / "images.zip", expected)
    with zipfile.ZipFile(tmp_path / "images.zip") as file:
        assert file.namelist() == ["1.jpg", "2.jpg"] and file.read("2.jpg") == b"two"
    with pytest.raises(BadInput, match="does not hold the expected photos"):
        fashion_small.pack(tmp_path / "repository.zip", tmp_path / "other.zip")
    assert not (tmp_path / "other.zip").exists()
