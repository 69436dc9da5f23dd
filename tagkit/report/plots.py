"""Plots of a comparison, as matplotlib figures.

A strategy has the same colour and marker in all of them. The first colours are those of Okabe and Ito (2008), which
people with the common forms of colour blindness can tell apart; labels and markers say the same without colour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from tagkit.errors import BadInput
from tagkit.experiment.result import TEST, Comparison
from tagkit.experiment.result import Figure as Cell
from tagkit.measures import Measure
from tagkit.report._canvas import INK, WIDTH, canvas, colour, marker, save, style, svg, title
from tagkit.report._cells import heading
from tagkit.report._finds import finds, tag_f1
from tagkit.report._labels import place_labels

LEGEND: dict[str, Any] = {"loc": "outside lower center", "frameon": False, "columnspacing": 1.2}
THOUSANDS = FuncFormatter(lambda value, _: f"{value:,.10g}")
Ends = tuple[float, float, float]
DIVERSITY = ("ILD", "Vendi", "coverage")
__all__ = ["accuracy_diversity", "accuracy_speed", "draw_all", "save", "svg", "tag_bars", "unique_finds"]


def accuracy_diversity(comparison: Comparison, view: str = TEST) -> Figure:
    """Draw the first measure against the first measure of diversity, with 95 % intervals.

    Args:
        comparison: With one of the measures in `DIVERSITY`.
        view: "test", or "dedup" where it exists.

    Raises:
        BadInput: No measure of diversity was measured.
    """
    measure = diversity(comparison)
    if measure is None:
        raise BadInput(f"nothing says how diverse the tags are; measure one of {', '.join(DIVERSITY)}")
    accuracy = comparison.measures[0]
    with style():
        figure, axes = canvas(4.4)
        cells = comparison.table[view]
        points = {name: (_ends(row[str(measure)]), _ends(row[str(accuracy)])) for name, row in cells.items()}
        axes.set_xlabel(heading(measure))
        title(axes, f"{accuracy} against diversity", comparison, view)
        _scatter(comparison, axes, points)
    return figure


def accuracy_speed(comparison: Comparison, view: str = TEST) -> Figure:
    """Draw the first measure, with 95 % intervals, against the test products tagged per second."""
    accuracy = comparison.measures[0]
    with style():
        figure, axes = canvas(4.4)
        points = {}
        for name, row in comparison.table[view].items():
            speed = comparison.result(name).items_per_second
            points[name] = ((speed, speed, speed), _ends(row[str(accuracy)]))
        speeds = [x for (x, _, _), _ in points.values() if x > 0]
        if speeds:
            axes.set_xscale("log")
            axes.set_xlim(10 ** np.floor(np.log10(min(speeds)) - 0.05), 10 ** np.ceil(np.log10(max(speeds)) + 0.05))
        axes.xaxis.set_major_formatter(THOUSANDS)
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("products tagged per second (logarithmic)")
        title(axes, f"{accuracy} against speed", comparison, view)
        _scatter(comparison, axes, points)
    return figure


def tag_bars(comparison: Comparison, view: str = TEST, *, tags: int = 15, strategies: int = 4) -> Figure:
    """Draw the F1 of each of the most frequent gold tags for the best strategies.

    Args:
        comparison: The comparison.
        view: "test", or "dedup" where it exists.
        tags: How many tags.
        strategies: How many strategies, the best by the first measure.
    """
    chosen = comparison.order(view)[:strategies]
    counts = Counter(tag for product in comparison.products(view) for tag in dict.fromkeys(product.tags))
    frequent = sorted(counts, key=lambda tag: (-counts[tag], tag))[:tags]
    values = {name: tag_f1(comparison.run(name, view), frequent) for name in chosen}
    rows = np.arange(len(frequent))
    with style():
        figure, axes = canvas(1.6 + 0.27 * len(frequent))
        spread = np.array(list(values.values()))
        axes.hlines(rows, spread.min(axis=0, initial=1), spread.max(axis=0, initial=0), color="#8888", linewidth=1)
        for name, shift in zip(reversed(chosen), np.linspace(0.15, -0.15, len(chosen)), strict=True):
            look: dict[str, Any] = {"marker": marker(comparison, name), "markeredgecolor": INK, "markersize": 7}
            axes.plot(values[name], rows + shift, label=name, linestyle="", color=colour(comparison, name), **look)
        axes.set_yticks(rows, [f"{tag} ({counts[tag]})" for tag in frequent])
        axes.invert_yaxis()
        axes.set_xlim(-0.03, 1.03)
        axes.set_xlabel("F1 of the tag (in brackets: gold occurrences)")
        axes.grid(axis="y", visible=False)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles[::-1], labels[::-1], ncols=min(4, len(chosen)), handletextpad=0.1, **LEGEND)
        title(axes, "The most frequent tags, by strategy", comparison, view)
    return figure


def unique_finds(comparison: Comparison, view: str = TEST) -> Figure:
    """Draw how many gold tags each strategy finds and no other does, and how many nobody finds."""
    found = finds(comparison, view)
    names = comparison.order(view)
    with style():
        figure = Figure(figsize=(WIDTH, 2.4 + 0.3 * len(names)), layout="constrained")
        upper, lower = figure.subplots(2, 1, height_ratios=[len(names) * 0.3, 0.45])
        rows = np.arange(len(names))
        counts = [found.alone[name] for name in names]
        colours = [colour(comparison, name) for name in names]
        bars = upper.barh(rows, counts, color=colours, edgecolor=INK, linewidth=0.5, height=0.7)
        upper.bar_label(bars, [f" {count:,}" for count in counts], color=INK)
        upper.set_yticks(rows, names)
        upper.invert_yaxis()
        upper.set_xlabel("gold tags that only this strategy finds")
        upper.margins(x=0.12)
        shares = {"nobody": found.nobody, "one strategy": sum(counts), "several": found.several, "all": found.everybody}
        looks = {"nobody": ("none", "////"), "one strategy": ("#56B4E9", ""), "several": ("#0072B2", "")}
        left = 0
        for label, count in shares.items():
            fill, hatch = looks.get(label, ("#00324D", ""))
            share = f"{count / max(found.total, 1):.0%}"
            lower.barh(
                0, count, left=left, color=fill, edgecolor=INK, hatch=hatch, label=f"{label}: {count:,} ({share})"
            )
            left += count
        lower.set_yticks([])
        lower.xaxis.set_major_formatter(THOUSANDS)
        lower.set_xlim(0, max(found.total, 1))
        lower.set_xlabel(f"all {found.total:,} gold tags, found by …")
        for axes in (upper, lower):
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="y", visible=False)
        figure.legend(*lower.get_legend_handles_labels(), ncols=2, **LEGEND)
        title(upper, "What only one strategy finds", comparison, view)
    return figure


def draw_all(comparison: Comparison, view: str = TEST) -> dict[str, Figure]:
    """Return all plots that the comparison has the measures for, by name."""
    kinds: dict[str, Callable[[Comparison, str], Figure]] = {"accuracy-speed": accuracy_speed}
    if diversity(comparison) is not None:
        kinds = {"accuracy-diversity": accuracy_diversity} | kinds
    kinds |= {"tags": tag_bars, "unique-finds": unique_finds}
    return {name: draw(comparison, view) for name, draw in kinds.items()}


def diversity(comparison: Comparison) -> Measure | None:
    """Return the measure that stands for diversity, None where none was measured."""
    for name in DIVERSITY:
        for measure in comparison.measures:
            if measure.name == name:
                return measure
    return None


def _ends(figure: Cell) -> Ends:
    """Return a figure with the ends of its interval, or three times itself where it has none."""
    if np.isnan(figure.low):
        return figure.value, figure.value, figure.value
    return figure.value, figure.low, figure.high


def _scatter(comparison: Comparison, axes: Axes, points: Mapping[str, tuple[Ends, Ends]]) -> None:
    """Draw points with their intervals, and each strategy's name beside its point."""
    drawn = {name: ends for name, ends in points.items() if not np.isnan([ends[0][0], ends[1][0]]).any()}
    bars = []
    for name, ((x, left, right), (y, low, high)) in drawn.items():
        for ends in (((left, y), (right, y)), ((x, low), (x, high))):
            axes.plot(*zip(*ends, strict=True), color=colour(comparison, name), linewidth=1.2, alpha=0.6)
            bars.append(ends)
        look: dict[str, Any] = {"marker": marker(comparison, name), "edgecolor": INK, "linewidth": 0.6}
        axes.scatter(x, y, s=60, color=colour(comparison, name), zorder=3, **look)
    axes.set_ylabel(heading(comparison.measures[0]))
    axes.margins(0.12)
    places = [(x, y) for (x, _, _), (y, _, _) in drawn.values()]
    place_labels(axes, places, list(drawn), [INK] * len(drawn), bars)
