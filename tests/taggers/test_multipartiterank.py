"""MultipartiteRank: the preference for the first phrase of a topic."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from tagkit.phrases.topics import multipartite_graph, topics
from tagkit.product import Product
from tagkit.taggers import create

PRODUCT = Product("x", "iron lamps, oak desk, lamps, oak desk, lamps, glass bowl", lang="en")


def scores(**params):
    [tags] = create("multipartiterank", **params).fit(["a"]).predict([PRODUCT])
    return {tag.text: tag.score for tag in tags}


@pytest.mark.parametrize("alpha", [0.0, 1.1])
def test_it_agrees_with_networkx(alpha):
    tagger = create("multipartiterank", alpha=alpha).fit(["a"])
    phrases = tagger.candidates(tagger.read(PRODUCT))
    weights = multipartite_graph(phrases, topics(phrases, 0.74), alpha)
    ranks = nx.pagerank(nx.from_numpy_array(weights.T, create_using=nx.DiGraph), alpha=0.85, tol=1e-12, max_iter=1000)
    expected = np.array([ranks[node] for node in range(len(phrases))]) / max(ranks.values())
    assert scores(alpha=alpha) == pytest.approx(dict(zip([p.text for p in phrases], expected, strict=True)), abs=1e-6)


def test_alpha_raises_the_first_phrase_of_a_topic():
    without, with_preference = (scores(alpha=alpha) for alpha in (0.0, 1.1))
    assert without["iron lamps"] < without["lamps"]
    assert with_preference["iron lamps"] > with_preference["lamps"]


def test_below_the_threshold_there_is_no_topic_of_two_phrases():
    """Then alpha has no effect, and each phrase is a topic of its own."""
    assert scores(threshold=0.3, alpha=1.1) == scores(threshold=0.3, alpha=0.0)
    assert scores(alpha=1.1) != scores(alpha=0.0)
