"""MultipartiteRank: PageRank over phrases of different topics, with a push for each topic's first phrase."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from tagkit.phrases.candidates import READING, Phrase, Reading
from tagkit.phrases.graph import Floats, GraphTagger, pagerank

BLOCK = 512
"""How many occurrences are compared with all others at a time, so that memory stays small for long texts."""


class MultipartiteRank(GraphTagger):
    """Complete multipartite graph of candidate phrases: edges join phrases of different topics, near ones strongly.

    Topics are average-linkage clusters of phrases by the Jaccard distance of their words. The first phrase of a topic
    takes over weight from its siblings, by `alpha`.

    Source: Boudin, Unsupervised Keyphrase Extraction with Multipartite Graphs (NAACL 2018).

    Args:
        threshold: Up to which distance phrases belong to one topic.
        alpha: How strongly the first phrase of a topic is pushed; 0: not at all.
        damping: How often the walk follows an edge instead of starting anew.
    """

    name = "multipartiterank"
    space = READING | {"threshold": (0.3, 0.95), "alpha": (0.0, 2.0), "damping": (0.5, 0.95)}

    threshold: float = 0.74
    alpha: float = 1.1
    damping: float = 0.85

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        phrases = self._candidates(reading)
        if not phrases:
            return []
        graph = multipartite(phrases, topics(phrases, self.threshold), self.alpha)
        return list(zip(phrases, pagerank(graph, self.damping).tolist(), strict=True))


def topics(phrases: Sequence[Phrase], threshold: float) -> NDArray[np.int64]:
    """Cluster phrases by the words they share.

    Args:
        phrases: At least one.
        threshold: Up to which average Jaccard distance two clusters are joined, below 1.

    Returns:
        The topic of each phrase, shape (n,), counted from 0.
    """
    words: dict[str, int] = {}
    rows = [sorted({words.setdefault(word, len(words)) for word in phrase.words}) for phrase in phrases]
    sizes = np.array([len(row) for row in rows])
    indptr = np.concatenate([[0], sizes.cumsum()])
    held = sparse.csr_matrix((np.ones(indptr[-1]), np.concatenate(rows), indptr), shape=(len(rows), len(words)))
    # Phrases that share no word, not even through others, have distance 1 and are never joined: cluster the rest apart.
    shared = held @ held.T
    count, group = connected_components(shared, directed=False)
    topic = group.astype(np.int64)
    for number in np.flatnonzero(np.bincount(group) > 1):
        members = np.flatnonzero(group == number)
        both = shared[members][:, members].toarray()
        distance = 1 - both / (sizes[members, None] + sizes[None, members] - both)
        labels = fcluster(linkage(squareform(distance, checks=False), "average"), threshold, "distance")
        topic[members] = count + labels - 1
        count += labels.max()
    return np.unique(topic, return_inverse=True)[1]


def multipartite(phrases: Sequence[Phrase], topic: NDArray[np.int64], alpha: float) -> Floats:
    """Weight the edges between the phrases of different topics.

    Two phrases are joined by the sum over their places of 1/gap, the gap being the number of words from the last word
    of the earlier to the first word of the later one.

    Args:
        phrases: The candidates.
        topic: The topic of each, shape (n,).
        alpha: The strength of the push for the first phrase of each topic.

    Returns:
        Weights, shape (n, n); `[i, j]` is that of the edge from j to i.
    """
    first, last = np.array([place for phrase in phrases for place in phrase.places]).T
    ends = np.concatenate([[0], np.cumsum([len(phrase.places) for phrase in phrases])[:-1]])
    near = np.zeros((len(first), len(phrases)))
    for at in range(0, len(first), BLOCK):
        block = slice(at, at + BLOCK)
        gap = np.maximum(first[None, :] - last[block, None], first[block, None] - last[None, :])
        near[block] = np.add.reduceat(1 / np.maximum(gap, 1), ends, axis=1)
    weights = np.add.reduceat(near, ends, axis=0)
    weights[topic[:, None] == topic[None, :]] = 0
    return weights + alpha * _push(weights, topic, first[ends])


def _push(weights: Floats, topic: NDArray[np.int64], start: NDArray[np.int64]) -> Floats:
    """Return what the first phrase of each topic gains: its siblings' weights, the more the earlier it stands."""
    gain = np.zeros_like(weights)
    order = np.lexsort((start, topic))
    heads = np.flatnonzero(np.diff(topic[order], prepend=-1))
    for members in np.split(order, heads[1:]):
        if len(members) > 1:
            gain[members[0]] = weights[members[1:]].sum(axis=0) * np.exp(1 / (1 + start[members[0]]))
    return gain
