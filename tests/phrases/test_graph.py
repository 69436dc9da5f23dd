"""TextWord graphs and PageRank."""

from __future__ import annotations

import itertools
import random

import networkx as nx
import numpy as np
import pytest

from tagkit.phrases.candidates import Phrase, TextWord
from tagkit.phrases.graph import pagerank, rank_words, sum_scores, word_graph


@pytest.mark.parametrize("seed", range(5))
def test_pagerank_agrees_with_networkx(seed):
    rng = np.random.default_rng(seed)
    weights = rng.random((12, 12)) * (rng.random((12, 12)) < 0.3)
    np.fill_diagonal(weights, 0)
    weights[:, :2] = 0  # Two nodes without a way out.
    graph = nx.from_numpy_array(weights.T, create_using=nx.DiGraph)
    bias = rng.random(12)
    for prior in (None, bias):
        personal = None if prior is None else dict(enumerate(prior))
        expected = nx.pagerank(graph, alpha=0.85, personalization=personal, tol=1e-12, max_iter=1000)
        np.testing.assert_allclose(pagerank(weights, prior), [expected[i] for i in range(12)], atol=1e-8)
    assert pagerank(np.zeros((0, 0))).shape == (0,)


@pytest.mark.parametrize(("window", "weighted"), [(2, False), (2, True), (4, True), (50, True), (1, True)])
def test_word_graph_counts_cooccurrences_within_the_window(window, weighted):
    rng = random.Random(window)
    words = [TextWord(form, at, at + 1, keep=form != ".") for at, form in enumerate(rng.choices("abcdef.", k=30))]
    forms, graph = word_graph(words, window, weighted)
    expected = np.zeros((len(forms), len(forms)))
    for (i, left), (j, right) in itertools.combinations(enumerate(words), 2):
        if left.keep and right.keep and j - i < window and left.form != right.form:
            one, other = forms.index(left.form), forms.index(right.form)
            expected[one, other] = expected[other, one] = expected[one, other] + 1 if weighted else 1
    np.testing.assert_array_equal(np.asarray(graph), expected)
    assert forms == list(dict.fromkeys(word.form for word in words if word.keep))


@pytest.mark.parametrize("count", [3, 300])
def test_rank_words_is_pagerank_of_the_word_graph(count):
    """300 words are more than a dense graph holds."""
    words = [TextWord(f"w{at}", at, at + 1) for at in (*range(count), 0)]
    forms, graph = word_graph(words, 2)
    assert isinstance(graph, np.ndarray) == (count == 3)
    assert rank_words(words, 2) == dict(zip(forms, pagerank(graph).tolist(), strict=True))
    early = rank_words(words, 2, restart={form: float(form == "w1") for form in forms})
    assert max(early, key=early.__getitem__) == "w1" and sum(early.values()) == pytest.approx(1)
    assert rank_words([], 2) == {}


def test_a_phrase_scores_the_sum_of_its_words():
    phrases = [Phrase("a b", ("a", "b"), ((0, 1),)), Phrase("a", ("a",), ((3, 3),))]
    assert sum_scores(phrases, {"a": 0.5, "b": 0.25}) == [(phrases[0], 0.75), (phrases[1], 0.5)]
