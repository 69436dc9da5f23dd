"""Plots of one strategy: what is drawn are the figures that were given."""

import numpy as np
import pytest

from tagkit.product import Product, Tag
from tagkit.report import curves

PRODUCTS = [Product(id=str(i), title=f"text {i}", tags=("a", "b")) for i in range(4)]
FOUND = [[Tag("a", 0.9), Tag("x", 0.2)], [Tag("b", 0.8), Tag("x", 0.3)], [Tag("a", 0.7)], []]


def lines(figure, place=0):
    return {line.get_label(): line.get_xydata() for line in figure.axes[place].lines}


def test_loss_by_step_and_by_epoch_beside_the_learning_rate():
    steps = [{"step": i, "loss": 1 / (i + 1), "learning_rate": i / 10} for i in range(4)]
    figure = curves.training_curves([*steps, {"step": 3, "epoch_loss": 0.5}], "net")
    drawn = lines(figure)
    np.testing.assert_allclose(drawn["step"][:, 1], [1, 1 / 2, 1 / 3, 1 / 4])
    np.testing.assert_allclose(drawn["epoch"], [[3, 0.5]])
    (rate,) = figure.axes[1].lines
    np.testing.assert_allclose(rate.get_ydata(), [0, 0.1, 0.2, 0.3])


def test_reliability_is_the_share_of_right_tags_by_score():
    figure = curves.reliability({"ours": FOUND, "silent": [[]] * 4}, PRODUCTS, bins=2)
    np.testing.assert_allclose(lines(figure)["ours"], [[0.4, 1 / 3], [0.85, 1.0]])  # .2 .3 .7 and .8 .9


def test_thresholds_give_micro_precision_and_recall():
    figure = curves.thresholds(FOUND, PRODUCTS, chosen=0.5)
    drawn = lines(figure)
    np.testing.assert_allclose(drawn["precision"], [[0.9, 1], [0.8, 1], [0.7, 1], [0.3, 3 / 4], [0.2, 3 / 5]])
    np.testing.assert_allclose(drawn["recall"][:, 1], np.array([1, 2, 3, 3, 3]) / 8)
    assert set(drawn["chosen on dev"][:, 0]) == {0.5}


def test_a_learning_curve_counts_products():
    figure = curves.learning_curve({"ours": {0.1: 0.2, 1.0: 0.6}}, "F1@M", 50)
    np.testing.assert_allclose(lines(figure)["ours"], [[5, 0.2], [50, 0.6]])
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["5\n10%", "50\n100%"]


@pytest.mark.parametrize("gap", [0.0, 0.001])
def test_labels_of_settings_that_lie_together_can_be_read(gap):
    here = [curves.Point(f"{i}.5", (0.5 + gap * i, 0.4, 0.6), (0.3, 0.2, 0.4)) for i in range(6)]
    far = [curves.Point("far", (0.9, 0.8, 1.0), (0.1, 0.0, 0.2))]
    figure = curves.trade_off({"together": here, "apart": far}, "ILD@5", "F1@5", "Decoding")
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts].count("far") == 1 and len(axes.texts) == 7
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not any(one.overlaps(two) for i, one in enumerate(boxes) for two in boxes[:i])
    frame = axes.get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)
