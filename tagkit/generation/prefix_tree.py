"""A prefix tree over token sequences, and which of its sequences a list has used up already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
NOTHING: Ids = np.zeros(0, dtype=np.int64)
ROOT = 0


class PrefixTree:
    """Sequences of tokens as a tree whose nodes know, as ready arrays, which tokens may follow.

    Args:
        sequences: The sequences; of equal ones the first counts, empty ones are left out.

    Attributes:
        ends: For each node the number of the sequence that ends there, -1 where none does.
        counts: For each node how many sequences pass through it or end there.

    Source: De Cao et al., Autoregressive Entity Retrieval (ICLR 2021), section 3.2.
    """

    def __init__(self, sequences: Sequence[Sequence[int]]) -> None:
        self._children: list[dict[int, int]] = [{}]
        self._parents = [ROOT]
        self._last: dict[int, int] = {}
        self.ends = [-1]
        node = ROOT
        before: list[int] = []
        for number, sequence in enumerate(sequences):
            tokens = list(sequence)
            if not tokens:
                continue
            if tokens[: len(before)] != before:  # else it goes on where the one before it ended
                node, before = ROOT, []
            for token in tokens[len(before) :]:
                node = self._child(node, token)
            before = tokens
            if self.ends[node] < 0:
                self.ends[node] = number
                self._last[number] = node
        self.counts = [int(end >= 0) for end in self.ends]
        for node in range(len(self.ends) - 1, ROOT, -1):  # a child has a higher number than its parent
            self.counts[self._parents[node]] += self.counts[node]
        self._following: list[Ids | None] = [None] * len(self.ends)

    def _child(self, node: int, token: int) -> int:
        """Return the node behind a token, made if need be."""
        children = self._children[node]
        child = children.get(token)
        if child is None:
            child = children[token] = len(self.ends)
            self._children.append({})
            self._parents.append(node)
            self.ends.append(-1)
        return child

    def __len__(self) -> int:
        """Return the number of different sequences."""
        return self.counts[ROOT]

    def following(self, node: int) -> Ids:
        """Return the tokens that may follow at a node, rising."""
        found = self._following[node]
        if found is None:
            found = self._following[node] = np.array(sorted(self._children[node]), dtype=np.int64)
        return found

    def child(self, node: int, token: int) -> int:
        """Return the node behind a token, -1 if the tree does not have it."""
        return self._children[node].get(token, -1)

    def find(self, sequence: Sequence[int]) -> int:
        """Return the number of a sequence, -1 if the tree does not have it."""
        node = ROOT
        for token in sequence:
            node = self._children[node].get(token, -1)
            if node < 0:
                return -1
        return self.ends[node]

    def path(self, number: int) -> list[int]:
        """Return the nodes of a sequence, the root first."""
        nodes = [self._last[number]]
        while nodes[-1] != ROOT:
            nodes.append(self._parents[nodes[-1]])
        return nodes[::-1]


class Used(NamedTuple):
    """What a list has used up of a tree: immutable, so that hypotheses can share it.

    Attributes:
        numbers: The sequences used.
        counts: How many used sequences pass through a node.
        closed: For each node the following tokens behind which nothing is left.
    """

    numbers: frozenset[int] = frozenset()
    counts: Mapping[int, int] = {}
    closed: Mapping[int, frozenset[int]] = {}

    def add(self, tree: PrefixTree, number: int) -> Used:
        """Return what is used up when one more sequence is."""
        if number < 0 or number in self.numbers:
            return self
        counts, closed = dict(self.counts), dict(self.closed)
        path = tree.path(number)
        for node in path:
            counts[node] = counts.get(node, 0) + 1
        for before, node in pairwise(path):
            if counts[node] == tree.counts[node]:
                token = next(t for t in tree.following(before).tolist() if tree.child(before, t) == node)
                closed[before] = closed.get(before, frozenset()) | {token}
        return Used(self.numbers | {number}, counts, closed)

    def following(self, tree: PrefixTree, node: int) -> Ids:
        """Return the tokens at a node behind which something is left."""
        found = tree.following(node)
        closed = self.closed.get(node)
        return found if closed is None else found[~np.isin(found, list(closed))]

    def left(self, tree: PrefixTree) -> int:
        """Return how many sequences are left."""
        return len(tree) - len(self.numbers)
