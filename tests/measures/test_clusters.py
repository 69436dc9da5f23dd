"""Clusters of vectors in place of facets."""

from __future__ import annotations

import numpy as np
import pytest

from tagkit.errors import BadInput
from tagkit.measures import Run, parse
from tagkit.measures import clusters as module

DIRECTIONS = {"red": (1, 0), "blue": (0.98, 0.2), "dress": (0, 1), "shirt": (0.2, 0.98), "green": (0.99, 0.14)}
TRAIN = {"red": 3, "blue": 1, "dress": 2, "shirt": 1, "party": 0}


@pytest.fixture(autouse=True)
def vectors(monkeypatch):
    """Vectors of two dimensions: colours along the first, clothes along the second."""

    def vectors_of(encoder):
        return lambda tags: np.array([DIRECTIONS[tag] for tag in tags], dtype=np.float32)

    module._centres.cache_clear()
    monkeypatch.setattr(module, "vectors_of", vectors_of)
    yield
    module._centres.cache_clear()


def test_tags_belong_to_the_nearest_cluster_of_tags_of_train():
    run = Run([["green", "red"], ["shirt", "green"]], [["red", "dress"], ["blue", "dress"]], train_counts=TRAIN)
    numbers = parse("cluster-R(clusters=2)").facets(run)
    found = dict(zip(run.names, numbers.tolist(), strict=False))
    assert found["red"] == found["blue"] == found["green"] != found["dress"] == found["shirt"]
    assert {*found.values()} == {0, 1} and numbers[-1] == -1
    assert parse("cluster-R(clusters=2)@10").per_product(run).tolist() == [0.5, 1]
    assert parse("cluster-R(right=True, clusters=2)@10").per_product(run).tolist() == [0.5, 0]
    assert parse("cluster-entropy(clusters=2)@10").per_product(run).tolist() == pytest.approx([0, 1])


def test_there_are_no_more_clusters_than_tags():
    run = Run([["green"]], [["red", "dress"]], train_counts=TRAIN)
    assert len({*parse("cluster-R(clusters=9)").facets(run)[:-1].tolist()}) == 3


def test_without_tags_of_train_there_is_no_score():
    assert np.isnan(parse("cluster-R")(Run([["red"]], [["red"]], train_counts={})))
    with pytest.raises(BadInput, match="cluster-R@10 needs `train_counts`"):
        parse("cluster-R")([["red"]], [["red"]])
