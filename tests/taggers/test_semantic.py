"""The strategy `semantic`: votes of neighbours and of the tags' own texts, the share chosen on dev."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.product import Product  # noqa: E402
from tagkit.taggers import Tagger  # noqa: E402
from tagkit.taggers.semantic import WEIGHTS  # noqa: E402


def texts(row) -> list[str]:
    return [tag.text for tag in row]


def scores(row) -> dict[str, float]:
    return {tag.text: tag.score for tag in row}


def test_neighbours_and_texts_of_tags_vote(tiny, products):
    """With `own` 0 only tags of neighbours score, with 1 the tag with the most similar text does best."""
    train = [*products, Product("cup", "绿色水杯", tags=("水杯",))]
    (near,) = tiny("semantic", own=0.0, k=1).fit(train).predict([products[0]])
    assert set(scores(near)) == set(products[0].tags) and all(
        score == pytest.approx(1) for score in scores(near).values()
    )
    (own,) = tiny("semantic", own=1.0, k=1).fit(train).predict(["水杯"])
    assert own[0].text == "水杯"


def test_a_graph_index_finds_the_same_tags(tiny, products, tmp_path):
    exact, graph = (tiny("semantic", exact=exact).fit(products) for exact in (True, False))
    for one, other in zip(exact.predict(products), graph.predict(products), strict=True):
        assert scores(one) == pytest.approx(scores(other), abs=1e-3)
    assert Tagger.load(graph.save(tmp_path)).predict(products) == graph.predict(products)


@pytest.mark.parametrize(("key", "value"), [("k", 0), ("temperature", 0.0)])
def test_a_wrong_parameter_is_named(key, value, tiny, products):
    with pytest.raises(BadInput, match=key):
        tiny("semantic", **{key: value}).fit(products)


def test_an_identical_title_gets_its_own_tags_first(tiny, products):
    tagger = tiny("semantic", own=0.0, temperature=0.001).fit(products)
    for product, row in zip(products, tagger.predict(products), strict=True):
        assert set(texts(row)[: len(product.tags)]) == set(product.tags)


def test_the_share_of_the_tags_own_vectors_is_chosen_on_dev(tiny, products):
    train, dev = products[:12], products[12:]
    assert tiny("semantic").fit(train).own_ == 0.1 and tiny("semantic", own=0.3).fit(train, dev=dev).own_ == 0.3

    def right(own):
        rows = tiny("semantic", own=own, limit=10).fit(train).predict(dev)
        return sum(tag in product.tags for product, row in zip(dev, rows, strict=True) for tag in texts(row))

    found = {own: right(own) for own in WEIGHTS}
    assert found[tiny("semantic").fit(train, dev=dev).own_] == max(found.values())
