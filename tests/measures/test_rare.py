"""Rare and unseen tags, by hand."""

import math

import pytest

from tagkit.errors import BadInput
from tagkit.measures import Run, parse
from tagkit.measures.rare import vocabulary_gaps

TRAIN = {"a": 3, "b": 1, "c": 1, "z": 5}


def test_psp():
    predicted, gold = [["a", "x", "b"], ["q"]], [["a", "b", "c"], ["q", "z"]]
    scale = (math.log(100) - 1) * 2.5**0.55

    def weight(count):
        return 1 + scale * (count + 1.5) ** -0.55

    found = weight(3) + weight(0)  # x is wrong; q is unseen in train
    best = weight(1) + weight(1) + weight(0) + weight(5)  # b and c weigh more than a
    known = {"train_counts": TRAIN, "train_size": 100}
    assert parse("PSP@2")(predicted, gold, **known) == pytest.approx(found / best, abs=1e-12)
    assert parse("PSP@3")([["c", "b", "a"]], gold[:1], **known) == pytest.approx(1)
    # where propensity does not depend on frequency, it is P relative to the best P
    assert parse("PSP@2")(predicted, gold, train_counts=TRAIN, train_size=1) == pytest.approx(2 / 4)
    with pytest.raises(BadInput, match="PSP@2 needs `train_size`"):
        parse("PSP@2")(predicted, gold, train_counts=TRAIN)


@pytest.mark.parametrize(
    ("name", "predicted", "score"),
    [("OOV-rate", [["a", "x"], ["y"], []], 2 / 3), ("OOV-rate@1", [["a", "x"], ["y"], []], 1 / 2)],
)
def test_oov_rate(name, predicted, score):
    assert parse(name)(predicted, [["a"], ["b"], []], train_counts=TRAIN) == pytest.approx(score, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "score"),
    [("new-P", 2 / 4), ("new-R", 2 / 3), ("new-P@1", 1 / 1), ("new-R@1", 1 / 3)],
)
def test_new_tags(name, score):
    predicted = [["x", "a", "y"], ["b", "q", "v"], ["w"], []]
    gold = [["x", "b"], ["a", "q"], [], ["u", "a"]]  # train lacks x, q and u; w stands beside no gold tags
    assert parse(name)(predicted, gold, train_counts=TRAIN) == pytest.approx(score, abs=1e-12)
    assert math.isnan(parse("new-P")([["a"]], [["a"]], train_counts=TRAIN))


def test_vocabulary_gaps():
    lists = [["a", "x"], ["y", "x", "x"]], [["a"], []]
    assert vocabulary_gaps(Run(*lists, train_counts=TRAIN)) == [("x", 2), ("y", 1)]
    with pytest.raises(BadInput, match="vocabulary_gaps needs `train_counts`"):
        vocabulary_gaps(Run(*lists))
