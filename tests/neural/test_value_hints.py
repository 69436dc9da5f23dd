"""What train's values say of a text, held out for the training text itself."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural.bio import Spans
from tagkit.neural.tokens import Window
from tagkit.neural.value_hints import PRIOR_WEIGHT, SMOOTHING, ValueHints
from tagkit.product import Product

TITLES = ["红色女鞋", "红色女包", "红色女鞋垫", "女鞋红色"]
GOLD: list[Spans] = [
    [(0, 2, "色"), (2, 4, "品")],
    [(0, 2, "色"), (2, 4, "品")],
    [(0, 2, "色"), (2, 5, "品")],
    [(0, 2, "品")],
]
TYPES = ["品", "色"]
PRODUCTS = [Product(title) for title in TITLES]


@pytest.fixture
def hints():
    return ValueHints.count(PRODUCTS, GOLD, TYPES)


def chance(hints: ValueHints, right: int, seen: int) -> float:
    usual = (hints.right + SMOOTHING) / (hints.found + 2 * SMOOTHING)
    return (right + PRIOR_WEIGHT * usual) / (seen + PRIOR_WEIGHT)


def test_phrases_are_as_likely_values_as_in_train(hints):
    red, shoes = hints.marks("蓝红色 女鞋")
    assert red == (1, 3, {"色": pytest.approx(chance(hints, 3, 4))})
    assert shoes == (4, 6, {"品": pytest.approx(chance(hints, 2, 2))})
    assert hints.marks("女鞋垫")[0][:2] == (0, 3), "the longest phrase is found"


def test_a_training_text_does_not_know_its_own_values(hints):
    (red,) = hints.marks(TITLES[1], GOLD[1])
    assert red == (0, 2, {"色": pytest.approx(chance(hints, 2, 3))}), "女包 is a value of this title alone"
    marks = hints.marks(TITLES[2], GOLD[2])
    assert [mark[:2] for mark in marks] == [(0, 2), (2, 4)], "the shorter phrase, which others know"
    assert hints.found == 7 and hints.right == 5


def test_characters_in_which_nothing_is_found_are_counted(hints):
    assert hints.begins == {"色": 0, "品": 1} and hints.insides == {"色": 0, "品": 2} and hints.outside == 0


def test_a_phrase_of_two_types_is_shared_between_them():
    gold: list[Spans] = [[(0, 2, "色")], [(0, 2, "色"), (2, 4, "品")], [(0, 2, "品")]]
    hints = ValueHints.count([Product(title) for title in ("苹果", "苹果苹果", "苹果")], gold, TYPES)
    ((_, _, chances),) = hints.marks("苹果")
    assert chances["色"] == pytest.approx(chances["品"]) and sum(chances.values()) == pytest.approx(chance(hints, 4, 4))
    (mark, _) = hints.marks("苹果苹果", gold[1])
    assert mark[2]["色"] == pytest.approx(mark[2]["品"]), "each type once less"


def test_tags_that_no_text_holds_are_known(hints):
    found = ValueHints.count([Product("1", "红色女鞋", tags=("红色", "凉鞋"))], [[(0, 2, "")]], [""])
    assert found.values == {"红色": {"": 1}, "凉鞋": {"": 0}} and found.seen == {"红色": 1}
    assert found.marks("凉鞋") == [(0, 2, {"": pytest.approx(chance(found, 0, 0))})]


def test_other_types_count_as_unknown():
    found = ValueHints.count(PRODUCTS, GOLD, ["品"])
    assert found.values["红色"] == {"": 3} and found.values["女鞋"] == {"品": 2}


def test_counts_add_up(hints):
    one = ValueHints.count(PRODUCTS[:1], GOLD[:1], TYPES)
    both = one.plus(one)
    assert both.values == {"红色": {"色": 2}, "女鞋": {"品": 2}} and both.seen == {"红色": 2, "女鞋": 2}
    assert ValueHints(**hints.state()).marks("红色女鞋") == hints.marks("红色女鞋")


def test_hints_are_probabilities_of_the_labels_of_tokens(hints):
    starts = np.array([-1, 0, 1, 2, 3])
    window = Window(0, np.zeros(5, dtype=np.int64), starts, np.where(starts < 0, -1, starts + 1))
    found = np.exp(hints.of_tokens("蓝红色a", window, TYPES))
    assert found[1:].sum(1) == pytest.approx(np.ones(4)) and (found[0] == 1).all()
    usual = (np.array([0, 1, 2, 0, 0]) + SMOOTHING) / (3 + 5 * SMOOTHING)
    assert found[1] == pytest.approx(usual) and found[4] == pytest.approx(usual)
    red = chance(hints, 3, 4)
    for token, label in ((2, 3), (3, 4)):
        assert found[token] == pytest.approx((1 - red) * usual + red * (np.arange(5) == label), rel=1e-4)
