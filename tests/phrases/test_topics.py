"""Topics of phrases, and the graph of phrases of different topics."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from tagkit.phrases import topics as topics_module
from tagkit.phrases.candidates import Phrase
from tagkit.phrases.topics import first_occurrences, multipartite_graph, topics


def some_phrases(seed, count=14):
    """Return phrases of one to three words at places that do not overlap."""
    rng = random.Random(seed)
    places, at = {}, 0
    for _ in range(count * 2):
        words = tuple(rng.choice("abcdefghij") for _ in range(rng.randint(1, 3)))
        places.setdefault(words, []).append((at, at + len(words) - 1))
        at += len(words) + rng.randint(0, 2)
    return [Phrase(" ".join(words), words, tuple(p)) for words, p in places.items()]


@pytest.mark.parametrize("seed", range(6))
def test_topics_are_those_of_plain_average_linkage(seed):
    phrases = some_phrases(seed)
    vectors = np.array([[letter in phrase.words for letter in "abcdefghij"] for phrase in phrases])
    expected = fcluster(linkage(pdist(vectors, "jaccard"), "average"), 0.74, "distance")
    found = topics(phrases, 0.74)
    np.testing.assert_array_equal(found[:, None] == found[None, :], expected[:, None] == expected[None, :])


@pytest.mark.parametrize("seed", range(3))
def test_multipartite_weights_follow_the_paper(seed):
    phrases = some_phrases(seed)
    topic = topics(phrases, 0.74)
    weight = np.zeros((len(phrases), len(phrases)))
    for i, j in itertools.permutations(range(len(phrases)), 2):
        if topic[i] != topic[j]:
            pairs = itertools.product(phrases[i].places, phrases[j].places)
            weight[i, j] = sum(1 / (b[0] - a[1] if a < b else a[0] - b[1]) for a, b in pairs)
    np.testing.assert_allclose(multipartite_graph(phrases, topic, 0.0), weight)
    pushed = weight.copy()
    for number in set(topic.tolist()):
        members = sorted(np.flatnonzero(topic == number), key=lambda i: phrases[i].places[0])
        head, others = members[0], members[1:]
        for j in range(len(phrases)):
            gain = sum(weight[i, j] for i in others)
            pushed[head, j] += 1.1 * math.exp(1 / (1 + phrases[head].places[0][0])) * gain
    np.testing.assert_allclose(multipartite_graph(phrases, topic, 1.1), pushed)
    assert (pushed > weight).any()


def test_of_many_occurrences_the_first_are_ranked_and_that_is_said(monkeypatch, caplog):
    monkeypatch.setattr(topics_module, "MOST", 4)
    phrases = [
        Phrase("a", ("a",), ((0, 0), (5, 5))),
        Phrase("b", ("b",), ((1, 1), (2, 2), (3, 3))),
        Phrase("c", ("c",), ((4, 4),)),
    ]
    kept = first_occurrences(phrases, "topicrank")
    assert [(phrase.text, len(phrase.places)) for phrase in kept] == [("a", 1), ("b", 3)]
    assert "topicrank ranks the first 4 of the 6 occurrences" in caplog.text
    assert first_occurrences(phrases[:1], "topicrank") == phrases[:1]
