"""Diversity over the lists of all products: by hand, and as scipy and sums over pairs give it."""

import math
from collections import Counter
from itertools import chain

import numpy as np
import pytest

from tagkit.errors import BadInput
from tagkit.measures import Run, parse

TRAIN = {"a": 4, "b": 1, "c": 1, "z": 8, "gone": 0}


@pytest.mark.parametrize(
    ("name", "predicted", "gold", "score"),
    [
        ("coverage", [["a", "x"], ["a", "b"]], [["a"], []], 2 / 4),
        ("coverage@1", [["a", "x"], ["a", "b"]], [["a"], []], 1 / 4),
        ("distinct", [["a", "b"], ["a"], ["a"]], [["a"], [], []], 2 / 4),
        ("distinct@1", [["a", "b"], ["a"], ["a"]], [["a"], [], []], 1 / 3),
        ("entropy", [["a", "b"], ["a"], ["c"]], [["a"], [], []], 0.5 + 2 * 0.25 * 2),
        # counts 0, 0, 1, 3 in ascending order: (-3·0 - 1·0 + 1·1 + 3·3) / (4·4)
        ("Gini", [["a", "b", "x"], ["a"], ["a"]], [["a"], [], []], 10 / 16),
        # the order of train is z, a, b, c
        ("long-tail(head=2)", [["a", "b", "x"], ["z"], []], [["a"], [], []], 2 / 4),
        ("long-tail(head=3)", [["b", "c", "z"]], [[]], 1 / 3),
        ("long-tail(head=2)@1", [["a", "b", "x"], ["c"]], [[], []], 1 / 2),
        ("long-tail", [["a", "x"]], [[]], 1 / 2),
        # 16 products: z has 1 bit, a 2, b and c 4, and so has the unseen x
        ("novelty", [["a", "b"], ["x"], ["z", "c", "x"], []], [["a"], [], [], []], (3 + 4 + 3) / 3),
        ("novelty@1", [["a", "b"], ["z"]], [[], []], (2 + 1) / 2),
        ("distinct-lists", [["a", "b"], ["b", "a"], ["a"], ["c"], []], [["a"], [], [], [], []], 3 / 4),
        ("distinct-lists@1", [["a", "b"], ["a"], ["b"]], [[], [], []], 2 / 3),
    ],
)
def test_by_hand(name, predicted, gold, score):
    measured = parse(name)(predicted, gold, train_counts=TRAIN, train_size=16)
    assert measured == pytest.approx(score, abs=1e-12)


def test_agrees_with_scipy_and_the_definitions(lists):
    from scipy.stats import entropy

    predicted, gold = lists
    counts = Counter(chain.from_iterable(predicted))
    known = {"train_counts": Counter(chain.from_iterable(gold)), "train_size": len(gold)}
    assert parse("entropy")(predicted, gold) == pytest.approx(entropy(list(counts.values()), base=2), abs=1e-9)
    given = np.array([counts[tag] for tag in known["train_counts"]], dtype=float)
    gini = np.abs(given[:, None] - given).sum() / (2 * len(given) * given.sum())
    assert parse("Gini")(predicted, gold, **known) == pytest.approx(gini, abs=1e-9)
    sets = [frozenset(row) for row in predicted if row]
    assert parse("distinct-lists")(predicted, gold) == pytest.approx(len(set(sets)) / len(sets), abs=1e-12)
    # where no list is cut, novelty is that of recommenders: the mean over users of log2(users / item's users)
    bits = [[math.log2(300 / max(1, known["train_counts"][tag])) for tag in row] for row in predicted if row]
    expected = np.mean([np.mean(row) for row in bits])
    assert parse("novelty@12")(predicted, gold, **known) == pytest.approx(expected, abs=1e-12)


def test_a_list_counts_with_all_products_that_have_it():
    run = Run([["a", "b"], ["b", "a"], ["c"]], [[], [], []])
    assert parse("distinct-lists").statistics(run).tolist() == [[0.5, 1], [0.5, 1], [1, 1]]


def test_novelty_says_what_is_missing():
    with pytest.raises(BadInput, match="novelty@10 needs `train_size`"):
        parse("novelty")([["a"]], [["a"]], train_counts=TRAIN)
