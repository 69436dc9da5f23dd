import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from small_photo_models import make_efficientnet

from tagkit.images import vectors
from tagkit.images.encoder import ImageEncoder
from tagkit.images.vectors import VectorStore
from tagkit.product import Product


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    return VectorStore(ImageEncoder.load(str(make_efficientnet(tmp_path / "model"))))


@pytest.fixture
def products(tmp_path):
    """Ten products with photos in an archive, of which two are equal, one without a photo, and one with a bad one."""
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for at in range(10):
            file = io.BytesIO()
            Image.new("RGB", (20, 30), (25 * at, 100, 200 - 20 * at)).save(file, "PNG")
            archive.writestr(f"{at}.png", file.getvalue())
        archive.writestr("bad.png", b"no photo")
    address = f"zip://{tmp_path / 'photos.zip'}!"
    made = [Product(str(at), "x", images=(f"{address}{at}.png",)) for at in range(10)]
    bad = Product("bad", "x", images=(f"{address}bad.png",))
    second = Product("second", "x", images=(f"{address}bad.png", f"{address}3.png"))
    return [*made, made[3], Product("none", "x"), bad, second]


def test_vectors_and_reasons(store, products):
    found = store.vectors(products)
    assert found.found.tolist() == [True] * 11 + [False, False, True]
    assert np.array_equal(found.vectors[3], found.vectors[10]) and np.array_equal(found.vectors[3], found.vectors[13])
    assert not found.vectors[11:13].any()
    assert found.reasons[11] == "the product has no photo" and "damaged" in found.reasons[12]
    alone = store.vectors(products[5:6])
    assert np.array_equal(alone.vectors[0], found.vectors[5])


def test_second_run_opens_no_photo(store, products, monkeypatch):
    assert store.extract(products[:11]) == 10
    before = store.vectors(products[:11]).vectors
    monkeypatch.setattr(vectors, "load", lambda *_, **__: pytest.fail("a photo was opened"))
    assert store.extract(products[:11]) == 0
    assert np.array_equal(store.vectors(products[:11]).vectors, before)


def test_what_was_stopped_goes_on_where_it_was(store, products, monkeypatch):
    monkeypatch.setattr(vectors, "BATCH", 4)
    # With one thread, photos are read in their order, and the first batch is whole when the seventh photo stops it.
    monkeypatch.setattr(vectors.torch, "get_num_threads", lambda: 1)
    opened, load = [], vectors.load

    def stopping(source, **options):
        if len(opened) == 6:
            raise KeyboardInterrupt
        opened.append(source)
        return load(source, **options)

    monkeypatch.setattr(vectors, "load", stopping)
    with pytest.raises(KeyboardInterrupt):
        store.extract(products[:10])
    monkeypatch.setattr(vectors, "load", load)
    assert store.extract(products[:10]) == 6
    assert store.vectors(products[:10]).found.all()


def test_damaged_cache_is_made_again(store, products):
    before = store.vectors(products[:3]).vectors
    for file in store.path.parent.glob("*"):
        file.write_bytes(b"no database" * 100)
    assert np.array_equal(store.vectors(products[:3]).vectors, before)


def test_no_products_and_no_photos(store):
    assert store.vectors([]).vectors.shape[0] == 0
    found = store.vectors([Product("none", "x")])
    assert found.vectors.shape[0] == 1 and not found.found.any()


def test_two_products_with_the_same_damaged_photo_have_their_own_second_ones(store, products):
    bad = products[12].images[0]
    pair = [Product(str(at), "x", images=(bad, products[at].images[0])) for at in (1, 2)]
    found = store.vectors(pair)
    assert found.found.all() and not np.array_equal(*found.vectors)
    assert np.array_equal(found.vectors, store.vectors(products[1:3]).vectors)


def test_threads_compute_what_one_computes(store, products, monkeypatch, tmp_path):
    alone = store.vectors(products)
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "other"))
    monkeypatch.setattr(vectors, "BATCH", 2)
    monkeypatch.setattr(vectors.torch, "get_num_threads", lambda: 3)
    threaded = VectorStore(store._encoder).vectors(products)
    assert np.allclose(alone.vectors, threaded.vectors, atol=1e-3) and threaded.reasons == alone.reasons
