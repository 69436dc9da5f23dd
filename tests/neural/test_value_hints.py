"""What train's values say of a text, held out for the training text itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural.bio import Spans
from tagkit.neural.tokens import Window
from tagkit.neural.value_hints import ValueHints
from tagkit.product import Product

TITLES = ["红色女鞋", "红色女包", "红色女鞋垫", "女鞋红色"]
GOLD: list[Spans] = [
    [(0, 2, "色"), (2, 4, "品")],
    [(0, 2, "色"), (2, 4, "品")],
    [(0, 2, "色"), (2, 5, "品")],
    [(0, 2, "品")],
]


TYPES = ["品", "色"]


@pytest.fixture
def hints():
    return ValueHints.count([Product(title) for title in TITLES], GOLD, TYPES)


def odds(right: int, wrong: int) -> float:
    return math.log((right + 0.5) / (wrong + 0.5))


def test_phrases_have_the_odds_of_their_types(hints):
    red, shoes = hints.marks("蓝红色 女鞋")
    assert red == (1, 3, {"色": pytest.approx(odds(3, 1))}) and shoes == (4, 6, {"品": pytest.approx(odds(2, 0))})
    assert hints.marks("女鞋垫")[0][:2] == (0, 3), "the longest phrase is found"


def test_a_training_text_does_not_know_its_own_values(hints):
    (red,) = hints.marks(TITLES[1], GOLD[1])
    assert red == (0, 2, {"色": pytest.approx(odds(2, 1))}), "女包 is a value of this title alone"
    marks = hints.marks(TITLES[2], GOLD[2])
    assert [mark[:2] for mark in marks] == [(0, 2), (2, 4)], "the shorter phrase, which others know"


def test_counts_add_up(hints):
    both = ValueHints.count([Product(TITLES[0])], GOLD[:1], TYPES).plus(
        ValueHints.count([Product(TITLES[0])], GOLD[:1], TYPES)
    )
    assert both.values == {"红色": {"色": 2}, "女鞋": {"品": 2}} and both.seen == {"红色": 2, "女鞋": 2}
    assert ValueHints(**hints.state()).marks("红色女鞋") == hints.marks("红色女鞋")


def test_hints_stand_at_the_labels_of_tokens(hints):
    starts = np.array([-1, 0, 1, 2, 3])
    window = Window(0, np.zeros(5, dtype=np.int64), starts, starts + 1)
    found = hints.of_tokens("蓝红色a", window, ["品", "色"])
    rest, red = odds(*hints.rest), odds(3, 1)
    wanted = [[0] * 5, [rest, 0, 0, 0, 0], [0, 0, 0, red, 0], [0, 0, 0, 0, red], [rest, 0, 0, 0, 0]]
    assert found == pytest.approx(np.array(wanted))


def test_characters_in_which_nothing_is_found_are_counted_held_out(hints):
    assert hints.rest == (0, 3), "女包 of the second title and 垫 of the third, which no other title has, are inside"
