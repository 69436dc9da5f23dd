import base64
import io
import json

import numpy as np
import pytest

pytest.importorskip("imagehash", reason="photos need tagkit[images]")

from PIL import Image, ImageFilter

from tagkit.errors import BadInput
from tagkit.product import Dataset, Product
from tagkit.taggers import create

HOSTILE = "<script>alert(1)</script>"


def photo(seed, size=(60, 80)):
    """The data address of a photo of blots."""
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 12, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((90, 120), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))
    file = io.BytesIO()
    image.resize(size).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


@pytest.fixture(scope="module")
def data():
    def row(id, seed, tag, size=(60, 80)):
        return Product(id, f"{HOSTILE} {id}", images=(photo(seed, size),), tags=(tag,))

    train = (row("a", 1, "red"), row("b", 2, "blue"), row("c", 1, "red"), Product("d", "no photo", tags=("red",)))
    test = (row("e", 1, "blue", (120, 160)), row("f", 3, "blue"), Product("g", "bad", images=("nowhere.jpg",)))
    return Dataset("shop", train, (row("h", 2, "blue"),), test)


def test_a_grid_shows_photos_with_gold_tags_and_reasons(data):
    grid = data.photos()
    html = grid._repr_html_()
    assert len(grid) == 7 and html.count("<img ") == 6 and "nowhere.jpg cannot be read" in html
    assert "<script" not in html and "&lt;script" in html and html.count('loading="lazy"') == 6
    assert "red" in str(grid) and repr(grid).endswith("7 products)")
    assert len(data.photos(2)) == 2 and data.photos(2).products == data.photos(2).products
    assert [product.id for product in data.photos(3, seed=1).products] != [product.id for product in grid.products[:3]]


def test_a_strategys_tags_stand_beside_the_gold_ones(data, tmp_path):
    tagger = create("colour", limit=1).fit(data.train)
    grid = data.photos(tagger=tagger)
    assert {product.id for product in grid.products} == {"e", "f", "g"} and "tagged by colour" in grid.title
    assert [one.row for one in grid.given] == ["colour"] * 3 and "missed" in grid._repr_html_()
    page = grid.to_html(tmp_path / "new" / "grid.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and page.count("<img ") == 2 and "http" not in page.split("</style>")[1]


def test_the_same_photo_is_found_within_and_across_parts(data, tmp_path):
    found = data.same_photos()
    assert [[(part, product.id) for part, product in group] for group in found.groups] == [
        [("train", "a"), ("train", "c"), ("test", "e")],
        [("train", "b"), ("dev", "h")],
    ]
    assert found.leaks == {("train", "test"): 1, ("train", "dev"): 1} and found.photos == 6
    assert found.unread[0] == 1 and "nowhere.jpg" in found.unread[1]
    text = str(found)
    assert "Products of test with a photo of train: 1." in text and "1 of 2 groups do not agree on their tags." in text
    assert json.loads(json.dumps(found.to_dict()))["leaks"] == {"test photos in train": 1, "dev photos in train": 1}
    html = found._repr_html_()
    assert html.count("<img ") == 5 and "<script" not in html
    assert found.to_html(tmp_path / "same.html").is_file() and repr(found) == "SamePhotos('shop', 6 photos, 2 groups)"


def test_a_data_set_without_photos_says_so():
    data = Dataset("texts", (Product("a", "red shoe"),))
    for look in (data.photos, data.same_photos):
        with pytest.raises(BadInput, match="no product of texts has a photo"):
            look()
    with pytest.raises(BadInput, match="`count` must be 1 or more, not 0"):
        data.photos(0)
