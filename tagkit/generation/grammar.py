"""What a model may write: lists of tags from a prefix tree, or of types with values, always well-formed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from tagkit.generation.prefix_tree import NOTHING, ROOT, Ids, PrefixTree, Used

State = Any
"""Where a grammar stands in one text; immutable, so that hypotheses can share it."""


class Grammar(Protocol):
    """Says which tokens may come next."""

    def start(self) -> State:
        """Return the state before the first token."""

    def allowed(self, state: State) -> Ids:
        """Return the tokens that may come next; none: nothing can be written any more."""

    def advance(self, state: State, token: int) -> State:
        """Return the state behind an allowed token."""


class SpecialTokens(NamedTuple):
    """The tokens that give a list its form, as in "Brand: X; Colour: Y" and its end. No tag may contain them.

    Attributes:
        separator: Between two tags; -1 where every token is a whole tag.
        end: Behind the last one.
        colon: Between a type and its value; -1 where tags have no types.
    """

    separator: int
    end: int
    colon: int = -1


class TagAt(NamedTuple):
    """A state of `TagList`: the node within the tag that is being written, and the tags before it."""

    node: int
    used: Used


class TagList:
    """A list of different tags: a tag, then a separator and another one, or the end.

    Args:
        tree: The allowed tags' tokens.
        special: Separator and end.
        most: The most tags of a list.
    """

    def __init__(self, tree: PrefixTree, special: SpecialTokens, most: int = 50) -> None:
        self.tree = tree
        self.special = special
        self.most = most
        self._stop = np.array([special.end], dtype=np.int64)
        self._stops = np.array(sorted((special.separator, special.end)), dtype=np.int64)

    def start(self) -> TagAt:
        """Return the state before the first tag."""
        return TagAt(ROOT, Used())

    def allowed(self, state: TagAt) -> Ids:
        """Return the tokens that may come next: within the tree, and behind a whole tag separator or end."""
        found = state.used.following(self.tree, state.node)
        number = self.tree.ends[state.node]
        if number < 0 or number in state.used.numbers:
            return found
        given = len(state.used.numbers) + 1
        full = given >= self.most or given >= len(self.tree)
        return np.concatenate([found, self._stop if full else self._stops])

    def advance(self, state: TagAt, token: int) -> TagAt:
        """Return the state behind an allowed token."""
        if token in (self.special.separator, self.special.end):
            return TagAt(ROOT, state.used.add(self.tree, self.tree.ends[state.node]))
        return TagAt(self.tree.child(state.node, token), state.used)


class TypedAt(NamedTuple):
    """A state of `TypedList`.

    Attributes:
        type: The number of the type whose value is being written, -1 while a type is.
        nodes: Where that is: in the tree of types, or in each tree of values (-1: no longer in it).
        types: The types that are used up.
        values: For each type the values used, in each tree.
    """

    type: int
    nodes: tuple[int, ...]
    types: Used
    values: Mapping[int, tuple[Used, ...]]


class TypedList:
    """A list of types with values, none given twice: a type, the colon, a value, then a separator or the end.

    Args:
        types: The types' tokens, without the colon.
        values: Trees of values that every type may take (spans of the text).
        own: For a type's number, one more tree of values that this type alone may take (its vocabulary).
        special: Separator, colon and end.
        repeated: The types of which one list may have several values.
        most: The most values of a list.
    """

    def __init__(
        self,
        types: PrefixTree,
        values: Sequence[PrefixTree],
        own: Mapping[int, PrefixTree],
        special: SpecialTokens,
        repeated: frozenset[int] = frozenset(),
        most: int = 50,
    ) -> None:
        self.types = types
        self.values = tuple(values)
        self.own = own
        self.special = special
        self.repeated = repeated
        self.most = most
        self._colon = np.array([special.colon], dtype=np.int64)
        self._stop = np.array([special.end], dtype=np.int64)
        self._stops = np.array(sorted((special.separator, special.end)), dtype=np.int64)

    def trees(self, kind: int) -> tuple[PrefixTree, ...]:
        """Return the trees of the values of a type."""
        own = self.own.get(kind)
        return self.values if own is None else (*self.values, own)

    def start(self) -> TypedAt:
        """Return the state before the first type; a type without any value is used up from the beginning."""
        used = Used()
        if not any(map(len, self.values)):
            for number in {self.types.ends[node] for node in range(len(self.types.ends))} - {-1}:
                if not any(map(len, self.trees(number))):
                    used = used.add(self.types, number)
        return TypedAt(-1, (ROOT,), used, {})

    def _used(self, state: TypedAt, kind: int) -> tuple[Used, ...]:
        return state.values.get(kind) or tuple(Used() for _ in self.trees(kind))

    def allowed(self, state: TypedAt) -> Ids:
        """Return the tokens that may come next."""
        if state.type < 0:
            (node,) = state.nodes
            found = state.types.following(self.types, node)
            number = self.types.ends[node]
            if number >= 0 and number not in state.types.numbers:
                found = np.concatenate([found, self._colon])
            return found
        found, whole = NOTHING, False
        for tree, used, node in zip(self.trees(state.type), self._used(state, state.type), state.nodes, strict=True):
            if node >= 0:
                part = used.following(tree, node)
                found = np.union1d(found, part) if len(found) else part
                whole |= tree.ends[node] >= 0 and tree.ends[node] not in used.numbers
        if not whole:
            return found
        after = self._close(state)
        given = sum(max(len(used.numbers) for used in row) for row in after.values.values())
        full = given >= self.most or not after.types.left(self.types)
        return np.concatenate([found, self._stop if full else self._stops])

    def _close(self, state: TypedAt) -> TypedAt:
        """Return the state behind a whole value."""
        trees = self.trees(state.type)
        before = self._used(state, state.type)
        used = tuple(
            row.add(tree, tree.ends[node]) if node >= 0 else row
            for tree, row, node in zip(trees, before, state.nodes, strict=True)
        )
        left = any(row.left(tree) for tree, row in zip(trees, used, strict=True))
        types = state.types if state.type in self.repeated and left else state.types.add(self.types, state.type)
        return TypedAt(-1, (ROOT,), types, {**state.values, state.type: used})

    def advance(self, state: TypedAt, token: int) -> TypedAt:
        """Return the state behind an allowed token."""
        if state.type < 0:
            (node,) = state.nodes
            child = self.types.child(node, token)
            if child >= 0:
                return state._replace(nodes=(child,))
            kind = self.types.ends[node]
            return state._replace(type=kind, nodes=tuple(ROOT for _ in self.trees(kind)))
        if token in (self.special.separator, self.special.end):
            return self._close(state)
        trees = self.trees(state.type)
        nodes = (tree.child(n, token) if n >= 0 else -1 for tree, n in zip(trees, state.nodes, strict=True))
        return state._replace(nodes=tuple(nodes))
