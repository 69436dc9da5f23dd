"""Vectors of tags: one tag has one vector, which is kept; what cannot be had is told in one sentence."""

import logging
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tagkit import weights
from tagkit.errors import BadInput, MissingExtra, WeightsMissing
from tagkit.measures import vectors
from tagkit.measures.vectors import TagVectors, vectors_of
from tagkit.product import Dataset, Product

TAGS = ["红色", "高跟鞋", "女鞋", "red shoes", "👠", "\ud83d", "", "鞋" * 100_000]


@pytest.fixture
def make(tiny_model, tmp_path, monkeypatch):
    """Make vectors of the tiny encoder that have nothing in memory, with a small list of reference tags."""
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(vectors, "reference_tags", lambda: ("红色", "蓝色", "女鞋", "red", "summer dress"))
    return lambda: TagVectors(str(tiny_model), weights.digest(str(tiny_model)))


def test_the_vector_of_a_tag_does_not_depend_on_the_batch(make, tmp_path, monkeypatch):
    together = make()(TAGS)
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "other"))
    one_by_one = make()
    np.testing.assert_allclose(np.vstack([one_by_one([tag]) for tag in TAGS]), together, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1)


def test_vectors_are_centred_by_thereference_tags_alone(make):
    from sklearn.decomposition import PCA

    from tagkit.neural import Backbone
    from tagkit.neural.inference import embed

    found = make()
    backbone = Backbone.load(found.encoder)
    first = PCA(1).fit(embed(backbone, vectors.reference_tags()))
    raw = embed(backbone, TAGS[:4]) - first.mean_
    expected = raw - raw @ first.components_.T @ first.components_
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(found(TAGS[:4]), expected, atol=1e-4)


def test_what_is_embedded_once_is_kept_on_disk(make, monkeypatch):
    first = make()
    first.prepare(TAGS)
    monkeypatch.setattr("tagkit.neural.Backbone.load", None)
    np.testing.assert_array_equal(make()(TAGS), first(TAGS))


def test_several_may_write_at_once(make):
    tags = [[f"{n} {k}" for k in range(20)] for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda some: make()(some), tags))
    stored = make()._store.read([tag for some in tags for tag in some])
    assert len(stored) == 80
    np.testing.assert_allclose(make()(tags[2]), written[2], atol=1e-4)


@pytest.mark.parametrize("broken", ["a folder", "no database"])
def test_without_a_table_on_disk_vectors_are_computed_and_that_is_said_once(make, tmp_path, broken, caplog):
    found = make()
    table = tmp_path / "vectors" / f"{found.sha256[:32]}.sqlite"
    table.parent.mkdir()
    if broken == "a folder":
        table.mkdir()
    else:
        table.write_text("no database" * 1000, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert found(TAGS[:3]).shape == found(TAGS[1:4]).shape == (3, 32)
    [message] = [record.message for record in caplog.records]
    assert message.startswith("vectors of tags are not kept on disk: ")


def test_memory_is_limited(make, monkeypatch):
    found = make()
    before = found(TAGS)
    monkeypatch.setattr(vectors, "MOST", 3)
    found(["something new"])
    assert len(found._kept) <= 3
    np.testing.assert_array_equal(found(TAGS), before)


def test_no_tags_need_no_encoder():
    assert TagVectors("nowhere", "0")([]).shape == (0, 0)
    TagVectors("nowhere", "0").prepare([])


def test_the_reference_is_the_tags_of_the_embedded_catalogue(monkeypatch):
    product = Product("1", "x", tags=("b", "a"))
    monkeypatch.setattr("tagkit.datasets.load", lambda name: Dataset(name, (product,), test=(product,)))
    vectors.reference_tags.cache_clear()
    assert vectors.reference_tags() == ("a", "b")
    vectors.reference_tags.cache_clear()


def test_an_encoder_that_is_not_here_is_told_in_one_sentence(tiny_model, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsMissing, match="the model 'no/where' is not on this machine and could not be downloaded"):
        vectors_of("no/where")
    with pytest.raises(BadInput, match="is not the one that the strategy was fitted with"):
        vectors_of(str(tiny_model), "0" * 64)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="the encoder some-other needs the package torch"):
        vectors_of("some-other")
