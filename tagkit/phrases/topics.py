"""Topics, which are clusters of phrases, and the graph of phrases of different topics (TopicRank, MultipartiteRank)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from tagkit.phrases.candidates import Phrase
from tagkit.phrases.graph import Floats

BLOCK = 128
"""How many phrases are compared with all others at a time, to bound the memory for long texts."""
MOST = 5_000
"""Time and memory grow with the square of the occurrences: only so many are looked at, the first of the text."""
log = logging.getLogger(__name__)


def first_occurrences(phrases: Sequence[Phrase], name: str) -> Sequence[Phrase]:
    """Return phrases with those of their occurrences that are among the first `MOST` of the text.

    Args:
        phrases: The candidates.
        name: The strategy, for the warning where some are left out.
    """
    count = sum(len(phrase.places) for phrase in phrases)
    if count <= MOST:
        return phrases
    log.warning(
        "%s ranks the first %d of the %d occurrences of phrases in a text, since its time grows with their square",
        name,
        MOST,
        count,
    )
    last = sorted(place for phrase in phrases for place in phrase.places)[MOST - 1]
    kept = [replace(phrase, places=tuple(place for place in phrase.places if place <= last)) for phrase in phrases]
    return [phrase for phrase in kept if phrase.places]


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
    ends = np.cumsum([len(phrase.places) for phrase in phrases])
    starts = np.concatenate([[0], ends[:-1]])
    weights = np.zeros((len(phrases), len(phrases)))
    for at in range(0, len(phrases), BLOCK):
        inside = starts[at : at + BLOCK]
        block = slice(inside[0], ends[at : at + BLOCK][-1])
        gap = np.maximum(first[None, :] - last[block, None], first[block, None] - last[None, :])
        nearness = np.add.reduceat(1 / np.maximum(gap, 1), starts, axis=1)
        weights[at : at + BLOCK] = np.add.reduceat(nearness, inside - inside[0], axis=0)
    weights[topic[:, None] == topic[None, :]] = 0
    if alpha:
        _raise_first_phrases(weights, topic, first[starts], alpha)
    return weights


def _raise_first_phrases(weights: Floats, topic: NDArray[np.int64], start: NDArray[np.int64], alpha: float) -> None:
    """Add to the weights of the first phrase of each topic those of the other phrases, more if it occurs earlier."""
    order = np.lexsort((start, topic))
    heads = np.flatnonzero(np.diff(topic[order], prepend=-1))
    for first, *others in np.split(order, heads[1:]):
        if others:
            weights[first] += alpha * (weights[others].sum(axis=0) * np.exp(1 / (1 + start[first])))
