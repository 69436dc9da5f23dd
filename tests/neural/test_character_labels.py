"""Labels of characters that one strategy gives and another learns."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural.character_labels import CharacterLabels, TokenLabels
from tagkit.neural.tokens import Window
from tagkit.product import Product, Span, Tag

SHOES = Product("1", "红色高跟鞋")


def window(*places: tuple[int, int]) -> Window:
    starts, ends = np.array(places).T
    return Window(0, np.zeros(len(places), dtype=np.int64), starts, ends)


EACH = window((-1, -1), *((at, at + 1) for at in range(5)))


def test_probabilities_are_kept_for_the_types_that_are_learned():
    found = np.zeros((5, 7), dtype=np.float32)  # outside, begin and inside of a, 品, 色
    found[0, [0, 5, 1]] = 0.2, 0.6, 0.2
    found[1, [6, 0]] = 0.995, 0.005
    found[2, [3, 0]] = 0.75, 0.25
    found[3:, 2] = 1
    labels = CharacterLabels.of_probabilities([SHOES], [found], ["a", "品", "色"], ["品", "色"])
    row = labels.rows[0].toarray()
    assert row[0] == pytest.approx([0.25, 0, 0, 0.75, 0])
    assert row[1] == pytest.approx([0, 0, 0, 0, 1]) and row[2] == pytest.approx([0.25, 0.75, 0, 0, 0])
    assert not row[3:].any(), "nothing is said where only a forgotten type is likely"


def test_tokens_have_the_labels_of_their_first_character():
    found = np.tile(np.array([0.5, 0.3, 0.2], dtype=np.float32), (5, 1))
    found[3] = 0.1, 0.2, 0.7
    labels = CharacterLabels.of_probabilities([SHOES], [found], ["品"], ["品"])
    tokens = TokenLabels(labels, ["品", "色"], hard=False)(0, window((-1, -1), (0, 3), (3, 5)))
    assert tokens == pytest.approx(np.array([[0] * 5, [0.5, 0.3, 0.2, 0, 0], [0.1, 0.2, 0.7, 0, 0]]))


def test_tags_become_labels_and_nothing_is_said_where_low_ones_stand():
    tags = [Tag("高跟鞋", 0.9, spans=(Span(2, 5),), type="品"), Tag("红", 0.0, spans=(Span(0, 1),), type="色")]
    labels = CharacterLabels.of_tags([SHOES], [tags], ["品", "色"])
    assert labels.rows[0].toarray() == pytest.approx(
        np.array([[0] * 5, [1, 0, 0, 0, 0], [0.1, 0.9, 0, 0, 0], *[[0.1, 0, 0.9, 0, 0]] * 2])
    )
    hard = TokenLabels(labels, ["品", "色"], hard=True)
    assert hard(0, EACH).tolist() == [-100, -100, 0, 1, 2, 2]
    assert TokenLabels(labels, ["品", "色"], hard=False)(0, EACH)[:2].sum() == 0


def test_of_two_tags_at_one_place_the_higher_counts():
    tags = [Tag("跟鞋", 0.6, spans=(Span(3, 5),), type="品"), Tag("高跟鞋", 0.7, spans=(Span(2, 5),), type="品")]
    row = CharacterLabels.of_tags([SHOES], [tags], ["品"]).rows[0].toarray()
    assert row[2:, 1].tolist() == pytest.approx([0.7, 0, 0]) and row[2:, 2].tolist() == pytest.approx([0, 0.7, 0.7])


@pytest.mark.parametrize("hard", [True, False])
def test_gold_labels_have_the_same_form(hard):
    labels = TokenLabels(CharacterLabels([], [], ["品"]), ["品"], hard)
    gold = labels.gold(np.array([-100, 0, 1, 2]))
    assert gold.tolist() == [-100, 0, 1, 2] if hard else gold.argmax(1).tolist() == [0, 0, 1, 2] and not gold[0].any()
