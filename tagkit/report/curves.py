"""Plots of one trained strategy: loss and learning rate, calibration, thresholds, and how much data it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from tagkit.product import Product, Tags
from tagkit.report._canvas import COLOURS, INK, MARKERS, WIDTH, canvas, style
from tagkit.report._labels import place_labels

Pairs = tuple[np.ndarray, np.ndarray]
Interval = tuple[float, float, float]
"""A figure, and the lower and the upper end of its interval."""


class Point(NamedTuple):
    """One setting of `trade_off`: how it is called, and its two figures with their intervals."""

    label: str
    x: Interval
    y: Interval


def training_curves(history: Sequence[Mapping[str, float]], name: str = "") -> Figure:
    """Draw the loss of every step and its mean by epoch, beside the learning rate.

    Args:
        history: What `tagkit.neural.training` returned; strategies keep it as `history_`.
        name: What was trained.
    """
    steps = [row for row in history if "loss" in row]
    epochs = [row for row in history if "epoch_loss" in row]
    with style():
        figure = Figure(figsize=(WIDTH, 2.8), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(2, 1))
        x = [row["step"] for row in steps]
        left.plot(x, [row["loss"] for row in steps], color=COLOURS[0], alpha=0.35, linewidth=0.8, label="step")
        means = [row["epoch_loss"] for row in epochs]
        left.plot([row["step"] for row in epochs], means, color=COLOURS[1], marker="o", markersize=3, label="epoch")
        left.set_xlabel("step")
        left.set_ylabel("loss")
        left.set_ylim(bottom=0)
        left.legend(frameon=False)
        left.set_title(f"Training {name}".strip(), loc="left", fontsize=11)
        right.plot(x, [row["learning_rate"] for row in steps], color=COLOURS[2])
        right.set_xlabel("step")
        right.set_title("Learning rate", loc="left", fontsize=11)
        right.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    return figure


def reliability(found: Mapping[str, Tags], products: Sequence[Product], bins: int = 10) -> Figure:
    """Draw how often tags of a given score are right; on the diagonal a score means what it says.

    Args:
        found: The tags of each strategy, before any threshold.
        products: The products, with gold tags.
        bins: How many groups of equally many tags.
    """
    with style():
        figure, axes = canvas(3.6)
        axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
        for number, (name, tags) in enumerate(found.items()):
            scores, right = _judged(tags, products)
            groups = np.array_split(np.argsort(scores, kind="stable"), bins)
            points = [(scores[group].mean(), right[group].mean()) for group in groups if len(group)]
            look = _look(number)
            axes.plot(*zip(*points, strict=True), label=name, **look)
        axes.set_xlabel("score")
        axes.set_ylabel("share of right tags")
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.legend(frameon=False)
        axes.set_title(f"Calibration on {len(products):,} products", loc="left", fontsize=11)
    return figure


def thresholds(found: Tags, products: Sequence[Product], chosen: float | None = None) -> Figure:
    """Draw micro precision, recall and F1 against one threshold for all tags.

    Args:
        found: The tags of a strategy, before any threshold.
        products: The products, with gold tags.
        chosen: A threshold to mark.
    """
    scores, right = _judged(found, products)
    order = np.argsort(-scores, kind="stable")
    hits, given = right[order].cumsum(), np.arange(1, len(order) + 1)
    gold = sum(len(set(product.tags)) for product in products)
    lines = {"precision": hits / given, "recall": hits / gold, "F1": 2 * hits / (given + gold)}
    with style():
        figure, axes = canvas(3.2)
        for number, (name, values) in enumerate(lines.items()):
            axes.plot(scores[order], values, label=name, color=COLOURS[number % len(COLOURS)])
        if chosen is not None:
            axes.axvline(chosen, color=INK, linewidth=0.8, linestyle=":", label="chosen on dev")
        axes.set_xlabel("threshold")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.legend(frameon=False)
        axes.set_title(f"One threshold for all tags, {len(products):,} products", loc="left", fontsize=11)
    return figure


def learning_curve(points: Mapping[str, Mapping[float, float]], measure: str, size: int) -> Figure:
    """Draw a measure against the share of train that was learnt from, one line per strategy.

    Args:
        points: For each strategy the figure by share of train, from 0 to 1.
        measure: Its name.
        size: How many products train has.
    """
    with style():
        figure, axes = canvas(3.4)
        for number, (name, row) in enumerate(points.items()):
            look = _look(number)
            axes.plot([share * size for share in row], list(row.values()), label=name, **look)
        axes.set_xscale("log")
        shares = sorted({share for row in points.values() for share in row})
        axes.set_xticks([share * size for share in shares], [f"{share * size:,.0f}\n{share:.0%}" for share in shares])
        axes.minorticks_off()
        axes.set_xlabel("training products")
        axes.set_ylabel(measure)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        axes.set_title(f"{measure} by training products", loc="left", fontsize=11)
    return figure


def trade_off(points: Mapping[str, Sequence[Point]], x: str, y: str, title: str) -> Figure:
    """Draw two measures against each other with their intervals, one line per family of settings.

    Args:
        points: For each family its settings in order.
        x: The name of the measure to the right.
        y: The name of the measure upwards.
        title: What is shown.
    """
    with style():
        figure, axes = canvas(4.4)
        inks: list[str] = []
        for number, (name, row) in enumerate(points.items()):
            look = _look(number)
            across, up = np.array([p.x for p in row]), np.array([p.y for p in row])
            errors = [np.abs(ends[:, 1:].T - ends[:, 0]) for ends in (across, up)]
            axes.errorbar(across[:, 0], up[:, 0], *errors[::-1], color=look["color"], alpha=0.25, linestyle="none")
            axes.plot(across[:, 0], up[:, 0], label=name, linewidth=1.2, **look)
            inks += [look["color"]] * len(row)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=len(points))
        axes.set_title(title, loc="left", fontsize=11)
        drawn = [point for row in points.values() for point in row]
        place_labels(axes, [(p.x[0], p.y[0]) for p in drawn], [p.label for p in drawn], inks)
    return figure


def _judged(found: Tags, products: Sequence[Product]) -> Pairs:
    """Return the scores of all tags and whether each is gold, in the order of the products."""
    pairs = [(t.score, t.text in p.tags) for row, p in zip(found, products, strict=True) for t in row]
    scores, right = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(scores, dtype=float), np.array(right, dtype=float)


def _look(number: int) -> dict[str, Any]:
    return {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)], "markersize": 5}
