"""The graph ranker behind TextRank, SingleRank, PositionRank and MultipartiteRank: word graphs and PageRank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.phrases.candidates import Phrase, Reading, Word, WordTagger, longest

Floats = NDArray[np.float64]


def pagerank(graph: Floats | sparse.csr_matrix, damping: float = 0.85, bias: Floats | None = None) -> Floats:
    """Rank the nodes of a graph by a random walk with restarts, by power iteration.

    Nodes without edges pass all they have to the restart, as in networkx.

    Args:
        graph: Weights of 0 and more, shape (n, n); `graph[i, j]` is that of the edge from j to i.
        damping: How often the walk follows an edge.
        bias: Where the walk restarts, shape (n,), not all zero; None: anywhere alike.

    Returns:
        The share of time spent at each node, shape (n,), with the sum 1.
    """
    count = graph.shape[0]
    if not count:
        return np.zeros(0)
    restart = np.full(count, 1 / count) if bias is None else bias / bias.sum()
    out = np.asarray(graph.sum(axis=0)).ravel()
    share = np.divide(damping, out, out=np.zeros(count), where=out > 0)
    rank = restart
    for _ in range(200):
        # What nodes without edges hold leaks away here and returns by the division at the end: same fixed point.
        following = graph @ (rank * share) + (1 - damping) * restart
        change = np.abs(following - rank).sum()
        rank = following
        if change < 1e-9:
            break
    return rank / rank.sum()


def word_graph(
    words: Sequence[Word], window: int, weighted: bool = True
) -> tuple[list[str], Floats | sparse.csr_matrix]:
    """Connect the kept words that stand within a window of each other.

    All words count for the distance, also those that are not kept.

    Args:
        words: The words of the text.
        window: How many words a window holds; 2 connects neighbours only.
        weighted: Whether the weight is the number of times two words meet, or always 1.

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
    return list(nodes), graph.toarray() if len(nodes) <= 200 else graph


class CandidateTagger(WordTagger):
    """Base of the strategies whose candidates are whole phrases: how these are chosen.

    Chinese: words that jieba calls nouns, adjectives and the like, plus the known tags. Sellers string words together
    without a border, so phrases have `max_words_zh` words at most, by default one. English: all words between stop
    words and punctuation count, up to `max_words` in a phrase, and a longer row is parted into its words; or, where
    `english` is "noun phrases", all noun phrases of up to `max_words` words.
    """

    def _candidates(self, reading: Reading) -> list[Phrase]:
        """Return the candidate phrases of one product."""
        return self._phrases(reading, longest)


class GraphTagger(CandidateTagger):
    """Base of the graph strategies."""

    damping: float


def by_sum(phrases: Sequence[Phrase], scores: dict[str, float]) -> list[tuple[Phrase, float]]:
    """Score each phrase by the sum of its words' scores."""
    return [(phrase, sum(scores[word] for word in phrase.words)) for phrase in phrases]
