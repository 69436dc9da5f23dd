"""Measures of a taxonomy: by hand, and scikit-learn's on the extended lists."""

import math

import pytest

from tagkit.errors import BadInput
from tagkit.measures import parse

PARENTS = {"heels": ("shoes",), "boots": ("shoes",), "shoes": ("clothing",), "dress": ("clothing",)}


@pytest.mark.parametrize(
    ("name", "predicted", "gold", "score"),
    [
        # {boots, shoes, clothing, red} beside {heels, shoes, clothing, red, women}: three in common
        ("hierarchical-P", [["boots", "red"]], [["heels", "red", "women"]], 3 / 4),
        ("hierarchical-R", [["boots", "red"]], [["heels", "red", "women"]], 3 / 5),
        ("hierarchical-F1", [["boots", "red"]], [["heels", "red", "women"]], 2 * 3 / (4 + 5)),
        # what is cut implies nothing
        ("hierarchical-P@1", [["red", "boots"], []], [["boots"], ["red"]], 0),
        ("hierarchical-R@2", [["red", "boots"], []], [["boots"], ["red"]], (1 + 0) / 2),
        ("hierarchical-P@O", [["shoes", "red"]], [["heels"]], 1),
        ("hierarchical-F1@10", [["shoes"], ["x"]], [["heels"], []], 2 * 2 / (2 + 3)),
        # boots and shoes imply shoes and clothing, of which shoes is given; heels and dress imply shoes and clothing
        ("parents-implied", [["boots", "shoes"], ["heels", "dress"], ["red"]], [[], [], []], (1 / 2 + 0) / 2),
        ("parents-implied@1", [["shoes", "clothing"]], [[]], 0),
        ("parents-implied@2", [["shoes", "clothing"]], [[]], 1),
    ],
)
def test_by_hand(name, predicted, gold, score):
    assert parse(name)(predicted, gold, parents=PARENTS) == pytest.approx(score, abs=1e-12)


def test_without_broader_tags_they_are_those_of_flat_lists(lists):
    for name in ("P", "R", "F1"):
        assert parse(f"hierarchical-{name}")(*lists, parents={}) == pytest.approx(parse(f"{name}@M")(*lists))
    assert math.isnan(parse("parents-implied")(*lists, parents={}))


@pytest.mark.filterwarnings("ignore")
def test_agrees_with_scikit_learn(lists, lists_with_gold):
    from sklearn.metrics import f1_score, precision_score, recall_score
    from sklearn.preprocessing import MultiLabelBinarizer

    parents = {a + b: (a,) for a in "abcdefghijklmnopqrst" for b in "abc"} | {a: ("top",) for a in "abcdefgh"}

    def extended(tags):
        found = set(tags) | {tag[0] for tag in tags}
        return found | ({"top"} if found & set("abcdefgh") else set())

    predicted, gold = lists_with_gold
    truths = [extended(row) for row in gold]
    for k in (3, None):
        guesses = [extended(row[:k]) for row in predicted]
        binarizer = MultiLabelBinarizer().fit([*guesses, *truths])
        truth, guess = binarizer.transform(truths), binarizer.transform(guesses)
        for name, score in (("P", precision_score), ("R", recall_score), ("F1", f1_score)):
            expected = score(truth, guess, average="samples", zero_division=0)
            measured = parse(f"hierarchical-{name}@{k or 'M'}")(*lists, parents=parents)
            assert 0 < expected < 1 and measured == pytest.approx(expected, abs=1e-9)


def test_says_what_is_missing_or_wrong():
    with pytest.raises(BadInput, match="hierarchical-F1@M needs `parents`"):
        parse("hierarchical-F1")([["a"]], [["a"]])
    with pytest.raises(BadInput, match="no tag can be broader than itself: a → b → a"):
        parse("parents-implied")([["a"]], [["a"]], parents={"a": ("b",), "b": ("a",)})
