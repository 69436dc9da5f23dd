"""Grammars that constrain generation to well-formed lists of tags, or of types with values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from tagkit.generation.prefix_tree import NO_TOKENS, ROOT, Ids, PrefixTree, Used

State = Any
"""The state of a grammar within one text. Immutable, so that hypotheses can share it."""
MAX_TAGS = 50
"""The default maximum number of tags in a list."""


class Grammar(Protocol):
    """Defines which tokens may come next."""

    def start(self) -> State:
        """Return the state before the first token."""

    def allowed(self, state: State) -> Ids:
        """Return the tokens that may come next; an empty array if the text cannot be continued."""

    def advance(self, state: State, token: int) -> State:
        """Return the state after an allowed token."""


class SpecialTokens(NamedTuple):
    """The tokens that structure a list, as in "Brand: X; Colour: Y". No tag may contain them.

    Attributes:
        separator: Between two tags; -1 where every token is a whole tag.
        end: After the last tag.
        colon: Between a type and its value; -1 where tags have no types.
    """

    separator: int
    end: int
    colon: int = -1


class _ListGrammar:
    """Base of the grammars of lists.

    Args:
        special: The special tokens.
        max_tags: The maximum number of tags in a list.
    """

    def __init__(self, special: SpecialTokens, max_tags: int) -> None:
        self.special = special
        self.max_tags = max_tags
        self._end = np.array([special.end], dtype=np.int64)
        self._separator_or_end = np.array(sorted((special.separator, special.end)), dtype=np.int64)

    def _with_stops(self, tokens: Ids, full: bool) -> Ids:
        """Return tokens together with those that may follow a complete tag."""
        return np.concatenate([tokens, self._end if full else self._separator_or_end])


class TagListState(NamedTuple):
    """The state of `TagListGrammar`: the node within the current tag, and the tags before it."""

    node: int
    used: Used


class TagListGrammar(_ListGrammar):
    """A list of distinct tags: a tag, followed by a separator and another tag, or by the end.

    Args:
        tree: The token sequences of the allowed tags.
        special: Separator and end.
        max_tags: The maximum number of tags in a list.
    """

    def __init__(self, tree: PrefixTree, special: SpecialTokens, max_tags: int = MAX_TAGS) -> None:
        super().__init__(special, max_tags)
        self.tree = tree

    def start(self) -> TagListState:
        """Return the state before the first tag."""
        return TagListState(ROOT, Used())

    def allowed(self, state: TagListState) -> Ids:
        """Return the tokens that may come next: those of the tree and, after a complete tag, separator or end."""
        found = state.used.following(self.tree, state.node)
        number = self.tree.ends[state.node]
        if number < 0 or number in state.used.numbers:
            return found
        count = len(state.used.numbers) + 1
        return self._with_stops(found, full=count >= self.max_tags or count >= len(self.tree))

    def advance(self, state: TagListState, token: int) -> TagListState:
        """Return the state after an allowed token."""
        if token in (self.special.separator, self.special.end):
            return TagListState(ROOT, state.used.add(self.tree, self.tree.ends[state.node]))
        return TagListState(self.tree.child(state.node, token), state.used)


class TypedListState(NamedTuple):
    """The state of `TypedList`.

    Attributes:
        type: The number of the type whose value is being generated; -1 while a type is being generated.
        nodes: The node in the tree of types, or one node in each tree of values (-1: not in that tree).
        types: The types that may not be used again.
        values: For each type, the used values of each tree.
    """

    type: int
    nodes: tuple[int, ...]
    types: Used
    values: Mapping[int, tuple[Used, ...]]


class TypedList(_ListGrammar):
    """A list of distinct typed values: a type, the colon and a value, followed by a separator or the end.

    Args:
        types: The token sequences of the types, without the colon.
        values: Trees of values that every type may have (spans of the text).
        own: For the number of a type, an additional tree of values that only this type may have (its vocabulary).
        special: Separator, colon and end.
        repeated: The types that may have several values in one list.
        max_tags: The maximum number of values in a list.
    """

    def __init__(
        self,
        types: PrefixTree,
        values: Sequence[PrefixTree],
        own: Mapping[int, PrefixTree],
        special: SpecialTokens,
        repeated: frozenset[int] = frozenset(),
        max_tags: int = MAX_TAGS,
    ) -> None:
        super().__init__(special, max_tags)
        self.types = types
        self.values = tuple(values)
        self.own = own
        self.repeated = repeated
        self._colon = np.array([special.colon], dtype=np.int64)

    def trees(self, kind: int) -> tuple[PrefixTree, ...]:
        """Return the trees of the values of a type."""
        own = self.own.get(kind)
        return self.values if own is None else (*self.values, own)

    def start(self) -> TypedListState:
        """Return the state before the first type; types without any value may not be used."""
        used = Used()
        if not any(map(len, self.values)):
            for number in set(self.types.ends) - {-1}:
                if not any(map(len, self.trees(number))):
                    used = used.add(self.types, number)
        return TypedListState(-1, (ROOT,), used, {})

    def _used(self, state: TypedListState, kind: int) -> tuple[Used, ...]:
        return state.values.get(kind) or tuple(Used() for _ in self.trees(kind))

    def allowed(self, state: TypedListState) -> Ids:
        """Return the tokens that may come next."""
        if state.type < 0:
            (node,) = state.nodes
            found = state.types.following(self.types, node)
            number = self.types.ends[node]
            if number >= 0 and number not in state.types.numbers:
                found = np.concatenate([found, self._colon])
            return found
        found, complete = NO_TOKENS, False
        for tree, used, node in zip(self.trees(state.type), self._used(state, state.type), state.nodes, strict=True):
            if node >= 0:
                part = used.following(tree, node)
                found = np.union1d(found, part) if len(found) else part
                complete |= tree.ends[node] >= 0 and tree.ends[node] not in used.numbers
        if not complete:
            return found
        after = self._close(state)
        count = sum(max(len(used.numbers) for used in row) for row in after.values.values())
        return self._with_stops(found, full=count >= self.max_tags or not after.types.n_unused(self.types))

    def _close(self, state: TypedListState) -> TypedListState:
        """Return the state after a complete value."""
        trees = self.trees(state.type)
        before = self._used(state, state.type)
        used = tuple(
            row.add(tree, tree.ends[node]) if node >= 0 else row
            for tree, row, node in zip(trees, before, state.nodes, strict=True)
        )
        has_more = any(row.n_unused(tree) for tree, row in zip(trees, used, strict=True))
        types = state.types if state.type in self.repeated and has_more else state.types.add(self.types, state.type)
        return TypedListState(-1, (ROOT,), types, {**state.values, state.type: used})

    def advance(self, state: TypedListState, token: int) -> TypedListState:
        """Return the state after an allowed token."""
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
