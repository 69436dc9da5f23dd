"""TopicRank: ranks of topics, and which phrase represents one."""

from __future__ import annotations

import itertools

import networkx as nx
import pytest

from tagkit.errors import BadInput
from tagkit.phrases.topics import topics
from tagkit.product import Product
from tagkit.taggers import create

PAPER = Product(
    "1",
    "Random graphs and large networks",
    "A random graph is a simple model of large networks. Networks, models and random graphs are studied.",
    lang="en",
)


def test_it_agrees_with_networkx():
    tagger = create("topicrank", limit=None, english="stems").fit([PAPER])
    phrases = tagger.candidates(tagger.read(PAPER))
    topic = topics(phrases, 0.74)
    assert len(set(topic)) < len(phrases)
    graph = nx.Graph()
    graph.add_nodes_from(range(max(topic) + 1))
    for (i, a), (j, b) in itertools.combinations(enumerate(phrases), 2):
        if topic[i] != topic[j]:
            gaps = [max(p[0] - q[1], q[0] - p[1]) for p in a.places for q in b.places]
            weight = graph.get_edge_data(topic[i], topic[j], {"weight": 0})["weight"]
            graph.add_edge(topic[i], topic[j], weight=weight + sum(1 / gap for gap in gaps))
    ranks = nx.pagerank(graph, tol=1e-12)
    first = {}
    for phrase, number in sorted(zip(phrases, topic, strict=True), key=lambda pair: pair[0].places[0]):
        first.setdefault(number, phrase.text)
    expected = {first[number]: rank / max(ranks.values()) for number, rank in ranks.items()}
    assert {tag.text: tag.score for tag in tagger.predict([PAPER])[0]} == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("params", "found", "missing"),
    [
        ({"threshold": 0.9}, "random graphs", "graphs"),
        ({"threshold": 0.9, "choice": "frequent"}, "graphs", "random graphs"),
    ],
)
def test_the_first_or_the_most_frequent_phrase_represents_a_topic(params, found, missing):
    product = Product("x", "random graphs, graphs, graphs and a dress", lang="en")
    texts = {tag.text for tag in create("topicrank", **params).fit([PAPER]).predict([product])[0]}
    assert texts == {found, "dress"}, f"{missing} is in the same topic"


def test_below_the_threshold_a_phrase_is_a_topic_of_its_own():
    product = Product("x", "random graphs, graphs and a dress", lang="en")
    texts = [tag.text for tag in create("topicrank", threshold=0.3).fit([PAPER]).predict([product])[0]]
    assert sorted(texts) == ["dress", "graphs", "random graphs"]


def test_a_wrong_choice_is_named():
    with pytest.raises(BadInput, match="choice must be one of first, frequent, not 'best'"):
        create("topicrank", choice="best").fit([PAPER]).predict([PAPER])
