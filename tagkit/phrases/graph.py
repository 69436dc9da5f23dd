"""Graph ranking of words: word graphs and PageRank, as TextRank, SingleRank and PositionRank use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.phrases.candidates import Phrase, TextWord

Floats = NDArray[np.float64]
DAMPING = 0.85
"""The probability that the random walk follows an edge instead of restarting, the same in all the papers."""
TOLERANCE = 1e-9
MAX_ITERATIONS = 200
DENSE = 200
"""Up to so many nodes a word graph is a dense array, which is faster."""


def pagerank(graph: Floats | sparse.csr_matrix, restart: Floats | None = None) -> Floats:
    """Rank the nodes of a graph by a random walk with restarts, by power iteration.

    The walk restarts from nodes without edges, as in networkx.

    Args:
        graph: Weights of 0 or more, shape (n, n); `graph[i, j]` is the weight of the edge from j to i.
        restart: The weight of each node in a restart, shape (n,), not all 0; None: equal weights.

    Returns:
        The share of time spent at each node, shape (n,), with the sum 1.
    """
    count = graph.shape[0]
    if not count:
        return np.zeros(0)
    restart = np.full(count, 1 / count) if restart is None else restart / restart.sum()
    out = np.asarray(graph.sum(axis=0)).ravel()
    share = np.divide(DAMPING, out, out=np.zeros(count), where=out > 0)
    rank = restart
    for _ in range(MAX_ITERATIONS):
        # The rank of nodes without edges is lost here, and the division at the end restores it: same fixed point.
        following = graph @ (rank * share) + (1 - DAMPING) * restart
        change = np.abs(following - rank).sum()
        rank = following
        if change < TOLERANCE:
            break
    return rank / rank.sum()


def word_graph(
    words: Sequence[TextWord], window: int, weighted: bool = True
) -> tuple[list[str], Floats | sparse.csr_matrix]:
    """Connect the kept words that occur within a window of each other.

    All words count for the distance, including those that are not kept.

    Args:
        words: The words of the text.
        window: The number of words in a window; 2 connects only neighbours.
        weighted: Whether a weight is the number of times that two words occur together, or always 1.

    Returns:
        The forms of the nodes, in the order of first occurrence, and the symmetric weights, shape (n, n).
    """
    nodes: dict[str, int] = {}
    ids = np.array([nodes.setdefault(word.form, len(nodes)) if word.keep else -1 for word in words], dtype=np.int64)
    pairs = [np.stack([ids[:-gap], ids[gap:]]) for gap in range(1, min(window, len(ids)))]
    left, right = np.concatenate(pairs, axis=1) if pairs else np.zeros((2, 0), dtype=np.int64)
    good = (left >= 0) & (right >= 0) & (left != right)
    left, right = left[good], right[good]
    shape = (len(nodes), len(nodes))
    graph = sparse.csr_matrix((np.ones(2 * len(left)), (np.r_[left, right], np.r_[right, left])), shape=shape)
    if not weighted:
        graph.data[:] = 1.0
    return list(nodes), graph.toarray() if len(nodes) <= DENSE else graph


def rank_words(
    words: Sequence[TextWord], window: int, weighted: bool = True, restart: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the PageRank of each kept word in the word graph, by form.

    Args:
        words: The words of the text.
        window: See `word_graph`.
        weighted: See `word_graph`.
        restart: The weight of each form in a restart; None: equal weights.
    """
    forms, graph = word_graph(words, window, weighted)
    ranks = pagerank(graph, None if restart is None else np.array([restart[form] for form in forms]))
    return dict(zip(forms, ranks.tolist(), strict=True))


def sum_scores(phrases: Sequence[Phrase], scores: Mapping[str, float]) -> list[tuple[Phrase, float]]:
    """Score each phrase by the sum of the scores of its words."""
    return [(phrase, sum(scores[word] for word in phrase.words)) for phrase in phrases]
