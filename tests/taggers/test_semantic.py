"""The nearest vectors, on a tiny model."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.taggers.semantic import WEIGHTS


def texts(row) -> list[str]:
    return [tag.text for tag in row]


def scores(row) -> dict[str, float]:
    return {tag.text: tag.score for tag in row}


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


def test_the_graph_and_all_pairs_agree(tiny, products):
    exact, graph = (tiny("semantic", exact=exact, own=0.2).fit(products).predict(products) for exact in (True, False))
    for one, other in zip(exact, graph, strict=True):
        assert scores(one) == pytest.approx(scores(other), abs=1e-3)
