"""Plots of one strategy: training, calibration, thresholds, training size, and two measures against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tagkit.product import Product, Tags
from tagkit.report.canvas import COLOURS, INK, WIDTH, Interval, canvas, label_points, look, style


class Point(NamedTuple):
    """One setting of `trade_off`: its label, and its scores by two measures with their intervals."""

    label: str
    x: Interval
    y: Interval


def training_curves(history: Sequence[Mapping[str, float]], name: str = "") -> Figure:
    """Draw the loss by step and its mean by epoch, beside the learning rate; fitted strategies have `history_`."""
    steps = [row for row in history if "loss" in row]
    epochs = [row for row in history if "epoch_loss" in row]
    with style():
        figure = Figure(figsize=(WIDTH, 2.8), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(2, 1))
        x = [row["step"] for row in steps]
        left.plot(x, [row["loss"] for row in steps], color=COLOURS[0], alpha=0.35, linewidth=0.8, label="step")
        means = [row["epoch_loss"] for row in epochs]
        left.plot([row["step"] for row in epochs], means, color=COLOURS[1], marker="o", markersize=3, label="epoch")
        left.set(xlabel="step", ylabel="loss", title=f"Training {name}".strip())
        left.set_ylim(bottom=0)
        left.legend()
        right.plot(x, [row["learning_rate"] for row in steps], color=COLOURS[2])
        right.set(xlabel="step", title="Learning rate")
        right.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    return figure


def reliability(found: Mapping[str, Tags], products: Sequence[Product], bins: int = 10) -> Figure:
    """Draw the share of correct tags by score; on the diagonal, scores are calibrated probabilities.

    Args:
        found: The tags of each strategy, before any threshold.
        products: The products, with gold tags.
        bins: How many groups of equally many tags.
    """
    with style():
        figure, axes = canvas(3.6)
        axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
        for position, (name, tags) in enumerate(found.items()):
            scores, correct = _scores_and_hits(tags, products)
            groups = np.array_split(np.argsort(scores, kind="stable"), bins)
            points = [(scores[group].mean(), correct[group].mean()) for group in groups if len(group)]
            axes.plot(*zip(*points, strict=True), label=name, markersize=5, **look(position))
        axes.set(xlabel="score", ylabel="share of correct tags", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.set_title(f"Calibration on {len(products):,} products")
        _legend(axes)
    return figure


def thresholds(found: Tags, products: Sequence[Product], chosen: float | None = None) -> Figure:
    """Draw micro precision, recall and F1 against one threshold for all tags.

    Args:
        found: The tags of a strategy, before any threshold.
        products: The products, with gold tags.
        chosen: A threshold to mark.
    """
    scores, correct = _scores_and_hits(found, products)
    order = np.argsort(-scores, kind="stable")
    hits, given = correct[order].cumsum(), np.arange(1, len(order) + 1)
    gold = sum(len(set(product.tags)) for product in products)
    lines = {"precision": hits / given, "recall": hits / gold, "F1": 2 * hits / (given + gold)}
    with style():
        figure, axes = canvas(3.2)
        for name, values in lines.items():
            axes.plot(scores[order], values, label=name, color=COLOURS[len(axes.lines)])
        if chosen is not None:
            axes.axvline(chosen, color=INK, linewidth=0.8, linestyle=":", label="chosen on dev")
        axes.set(xlabel="threshold", xlim=(0, 1), ylim=(0, 1.02))
        axes.set_title(f"One threshold for all tags, {len(products):,} products")
        axes.legend()
    return figure


def learning_curve(points: Mapping[str, Mapping[float, float]], measure: str, size: int) -> Figure:
    """Draw a measure against the number of training products, one line for each strategy.

    Args:
        points: For each strategy its score by the share of train, from 0 to 1.
        measure: Its name.
        size: How many products train has.
    """
    with style():
        figure, axes = canvas(3.4)
        for position, (name, row) in enumerate(points.items()):
            sizes = [share * size for share in row]
            axes.plot(sizes, list(row.values()), label=name, markersize=5, **look(position))
        axes.set_xscale("log")
        shares = sorted({share for row in points.values() for share in row})
        axes.set_xticks([share * size for share in shares], [f"{share * size:,.0f}\n{share:.0%}" for share in shares])
        axes.minorticks_off()
        axes.set(xlabel="training products", ylabel=measure, title=f"{measure} by training products")
        axes.set_ylim(bottom=0)
        _legend(axes)
    return figure


def trade_off(points: Mapping[str, Sequence[Point]], x: str, y: str, title: str) -> Figure:
    """Draw two measures against each other with their intervals, one line for the settings of each family."""
    with style():
        figure, axes = canvas(4.4)
        for position, (name, row) in enumerate(points.items()):
            across, up = np.array([p.x for p in row]), np.array([p.y for p in row])
            x_error, y_error = (np.abs(ends[:, 1:].T - ends[:, 0]) for ends in (across, up))
            ink = look(position)["color"]
            axes.errorbar(across[:, 0], up[:, 0], y_error, x_error, color=ink, alpha=0.25, linestyle="none")
            axes.plot(across[:, 0], up[:, 0], label=name, linewidth=1.2, markersize=5, **look(position))
        axes.set(xlabel=x, ylabel=y, title=title)
        handles = [line for line in axes.lines if line.get_label() in points]
        figure.legend(handles, list(points), fontsize=8, loc="outside lower center", ncols=min(3, len(points)))
        drawn = [point for row in points.values() for point in row]
        inks = [look(position)["color"] for position, row in enumerate(points.values()) for _ in row]
        label_points(axes, [(p.x[0], p.y[0]) for p in drawn], [p.label for p in drawn], inks)
    return figure


def _scores_and_hits(found: Tags, products: Sequence[Product]) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of all tags and whether each is a gold tag, in the order of the products."""
    pairs = [(t.score, t.text in p.tags) for row, p in zip(found, products, strict=True) for t in row]
    scores, correct = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(scores, dtype=float), np.array(correct, dtype=float)


def _legend(axes: Axes) -> None:
    """Write a legend of all labelled lines, also those whose label begins with an underscore."""
    lines = [line for line in axes.lines if not str(line.get_label()).startswith("_child")]
    if lines:
        axes.legend(lines, [str(line.get_label()) for line in lines])
