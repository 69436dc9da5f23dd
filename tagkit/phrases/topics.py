"""Topics, which are clusters of phrases, and the graph of phrases of different topics (TopicRank, MultipartiteRank)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from tagkit.phrases.candidates import Phrase
from tagkit.phrases.graph import Floats

BLOCK = 512
"""How many occurrences are compared with all others at a time, to bound the memory for long texts."""


def topics(phrases: Sequence[Phrase], threshold: float) -> NDArray[np.int64]:
    """Cluster phrases by the words they share, with average linkage.

    Args:
        phrases: At least one phrase.
        threshold: The highest average Jaccard distance at which two clusters are joined, below 1.

    Returns:
        The topic of each phrase, shape (n,), numbered from 0.
    """
    words: dict[str, int] = {}
    rows = [sorted({words.setdefault(word, len(words)) for word in phrase.words}) for phrase in phrases]
    sizes = np.array([len(row) for row in rows])
    indptr = np.concatenate([[0], sizes.cumsum()])
    contains = sparse.csr_matrix((np.ones(indptr[-1]), np.concatenate(rows), indptr), shape=(len(rows), len(words)))
    # Phrases that share no word, even indirectly, have distance 1 and are never joined: each group is clustered alone.
    shared = contains @ contains.T
    count, group = connected_components(shared, directed=False)
    topic = group.astype(np.int64)
    for number in np.flatnonzero(np.bincount(group) > 1):
        inside = np.flatnonzero(group == number)
        both = shared[inside][:, inside].toarray()
        distance = 1 - both / (sizes[inside, None] + sizes[None, inside] - both)
        labels = fcluster(linkage(squareform(distance, checks=False), "average"), threshold, "distance")
        topic[inside] = count + labels - 1
        count += labels.max()
    return np.unique(topic, return_inverse=True)[1]


def multipartite_graph(phrases: Sequence[Phrase], topic: NDArray[np.int64], alpha: float) -> Floats:
    """Weight the edges between the phrases of different topics.

    The weight of an edge is the sum of 1/gap over all pairs of occurrences; the gap is the number of words from the
    last word of the earlier to the first word of the later occurrence.

    Args:
        phrases: The candidates.
        topic: The topic of each, shape (n,).
        alpha: How much the weights of the first phrase of each topic are raised.

    Returns:
        Weights, shape (n, n); `[i, j]` is the weight of the edge from j to i.
    """
    first, last = np.array([place for phrase in phrases for place in phrase.places]).T
    starts = np.concatenate([[0], np.cumsum([len(phrase.places) for phrase in phrases])[:-1]])
    nearness = np.zeros((len(first), len(phrases)))
    for at in range(0, len(first), BLOCK):
        block = slice(at, at + BLOCK)
        gap = np.maximum(first[None, :] - last[block, None], first[block, None] - last[None, :])
        nearness[block] = np.add.reduceat(1 / np.maximum(gap, 1), starts, axis=1)
    weights = np.add.reduceat(nearness, starts, axis=0)
    weights[topic[:, None] == topic[None, :]] = 0
    return weights + alpha * _first_phrase_gain(weights, topic, first[starts])


def _first_phrase_gain(weights: Floats, topic: NDArray[np.int64], start: NDArray[np.int64]) -> Floats:
    """Return what the first phrase of each topic gains: the weights of the other phrases, more if it occurs earlier."""
    gain = np.zeros_like(weights)
    order = np.lexsort((start, topic))
    heads = np.flatnonzero(np.diff(topic[order], prepend=-1))
    for members in np.split(order, heads[1:]):
        if len(members) > 1:
            gain[members[0]] = weights[members[1:]].sum(axis=0) * np.exp(1 / (1 + start[members[0]]))
    return gain
