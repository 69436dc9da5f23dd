"""SingleRank: co-occurrence counts as weights."""

from __future__ import annotations

import networkx as nx
import pytest

from tagkit.product import Product
from tagkit.taggers import create


def scores(text, **params):
    [tags] = create("singlerank", **params).fit(["a"]).predict([Product("t", text, lang="en")])
    return {tag.text: tag.score for tag in tags}


def test_in_one_window_all_words_are_equal():
    assert set(scores("lamp of oak of glass of iron of cork of wool", window=20).values()) == {1.0}


def test_it_agrees_with_networkx():
    graph = nx.Graph()
    # A window of three words connects words with at most one word between them.
    for left, right in (("lamp", "oak"), ("oak", "lamp"), ("lamp", "glass"), ("glass", "lamp"), ("lamp", "iron")):
        weight = graph.get_edge_data(left, right, {"weight": 0})["weight"]
        graph.add_edge(left, right, weight=weight + 1)
    ranks = nx.pagerank(graph, alpha=0.85, tol=1e-12, max_iter=1000)
    highest = max(ranks.values())
    found = scores("lamp of oak of lamp of glass of lamp of iron", window=3)
    assert found == pytest.approx({word: rank / highest for word, rank in ranks.items()}, abs=1e-6)
