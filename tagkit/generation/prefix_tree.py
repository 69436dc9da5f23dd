"""A prefix tree over token sequences, and which of its sequences a list already contains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
NO_TOKENS: Ids = np.zeros(0, dtype=np.int64)
ROOT = 0


class PrefixTree:
    """A prefix tree (trie) over token sequences; each node caches the tokens that may follow as an array.

    Args:
        sequences: The sequences. Of equal sequences only the first counts; empty sequences are ignored.

    Attributes:
        ends: For each node, the number of the sequence that ends there, or -1.
        counts: For each node, the number of sequences that pass through it or end there.

    Source: De Cao et al., Autoregressive Entity Retrieval (ICLR 2021), section 3.2.
    """

    def __init__(self, sequences: Sequence[Sequence[int]]) -> None:
        self._children: list[dict[int, int]] = [{}]
        self._parents = [ROOT]
        self._last_nodes: dict[int, int] = {}
        self.ends = [-1]
        node = ROOT
        previous: list[int] = []
        for number, sequence in enumerate(sequences):
            tokens = list(sequence)
            if not tokens:
                continue
            if tokens[: len(previous)] != previous:  # otherwise continue from the node of the previous sequence
                node, previous = ROOT, []
            for token in tokens[len(previous) :]:
                node = self._add_child(node, token)
            previous = tokens
            if self.ends[node] < 0:
                self.ends[node] = number
                self._last_nodes[number] = node
        self.counts = [int(end >= 0) for end in self.ends]
        for node in range(len(self.ends) - 1, ROOT, -1):  # a child has a higher number than its parent
            self.counts[self._parents[node]] += self.counts[node]
        self._following: list[Ids | None] = [None] * len(self.ends)

    def _add_child(self, node: int, token: int) -> int:
        """Return the child of a node for a token; create it if necessary."""
        children = self._children[node]
        child = children.get(token)
        if child is None:
            child = children[token] = len(self.ends)
            self._children.append({})
            self._parents.append(node)
            self.ends.append(-1)
        return child

    def __len__(self) -> int:
        """Return the number of distinct sequences."""
        return self.counts[ROOT]

    def following(self, node: int) -> Ids:
        """Return the tokens that may follow a node, in ascending order."""
        found = self._following[node]
        if found is None:
            found = self._following[node] = np.array(sorted(self._children[node]), dtype=np.int64)
        return found

    def child(self, node: int, token: int) -> int:
        """Return the child of a node for a token, or -1."""
        return self._children[node].get(token, -1)

    def find(self, sequence: Sequence[int]) -> int:
        """Return the number of a sequence, or -1 if the tree does not contain it."""
        node = ROOT
        for token in sequence:
            node = self.child(node, token)
            if node < 0:
                return -1
        return self.ends[node]

    def path(self, number: int) -> list[int]:
        """Return the nodes of a sequence, starting with the root."""
        nodes = [self._last_nodes[number]]
        while nodes[-1] != ROOT:
            nodes.append(self._parents[nodes[-1]])
        return nodes[::-1]


class Used(NamedTuple):
    """The sequences of a tree that a list already contains. Immutable, so that hypotheses can share it.

    Attributes:
        numbers: The numbers of the used sequences.
        counts: For each node, the number of used sequences that pass through it.
        closed: For each node, the following tokens that lead to used sequences only.
    """

    numbers: frozenset[int] = frozenset()
    counts: Mapping[int, int] = {}
    closed: Mapping[int, frozenset[int]] = {}

    def add(self, tree: PrefixTree, number: int) -> Used:
        """Return a copy in which one more sequence is used; `self` if the number is -1 or already used."""
        if number < 0 or number in self.numbers:
            return self
        counts, closed = dict(self.counts), dict(self.closed)
        path = tree.path(number)
        for node in path:
            counts[node] = counts.get(node, 0) + 1
        for parent, node in pairwise(path):
            if counts[node] == tree.counts[node]:
                token = next(t for t in tree.following(parent).tolist() if tree.child(parent, t) == node)
                closed[parent] = closed.get(parent, frozenset()) | {token}
        return Used(self.numbers | {number}, counts, closed)

    def following(self, tree: PrefixTree, node: int) -> Ids:
        """Return the tokens after a node that lead to at least one unused sequence."""
        found = tree.following(node)
        closed = self.closed.get(node)
        return found if closed is None else found[~np.isin(found, list(closed))]

    def n_unused(self, tree: PrefixTree) -> int:
        """Return the number of unused sequences."""
        return len(tree) - len(self.numbers)
