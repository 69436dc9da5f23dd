"""Prefix trees: which tokens may follow, and what a list has used."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
from toy_decoder import TAGS  # noqa: E402

from tagkit.generation import PrefixTree  # noqa: E402
from tagkit.generation.prefix_tree import Used  # noqa: E402


def test_the_tree_knows_what_follows():
    tree = PrefixTree([*TAGS, (3, 4), ()])
    assert len(tree) == 6
    assert tree.following(0).tolist() == [3, 6, 9]
    node = tree.child(tree.child(0, 3), 4)
    assert tree.following(node).tolist() == [5]
    assert tree.ends[node] == 1 == tree.find((3, 4))
    assert tree.find((6,)) == tree.find((4,)) == -1
    assert [tree.ends[n] for n in tree.path(2)] == [-1, 0, 1, 2] and [tree.counts[n] for n in tree.path(2)] == [
        6,
        3,
        2,
        1,
    ]
    used = Used().add(tree, 3)
    assert used.following(tree, 0).tolist() == [3, 6, 9]
    assert used.following(tree, tree.child(0, 6)).tolist() == [8]
    assert used.add(tree, 4).following(tree, 0).tolist() == [3, 9]
    assert used.add(tree, 3) is used
    assert used.add(tree, 4).n_unused(tree) == 4
