"""Plots of a result, as matplotlib figures; a row has the same colour and marker in all of them.

A `view` is "test", or "dedup" and "seen" where they exist.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from tagkit.errors import BadInput
from tagkit.experiment.result import Result
from tagkit.experiment.spec import TEST
from tagkit.measures import Measure
from tagkit.report.canvas import INK, WIDTH, Interval, canvas, drawable, label_points, look, save, style, svg
from tagkit.report.facts import comparable, finds, tag_f1
from tagkit.report.scores import heading, title

THOUSANDS = FuncFormatter(lambda value, _: f"{value:,.10g}")
LEGEND: dict[str, Any] = {"loc": "outside lower center", "columnspacing": 1.2}
LINES: dict[str, dict[str, Any]] = {
    "95 % interval": {"linewidth": 1.4},
    "standard deviation over runs": {"linewidth": 5, "alpha": 0.45},
    "single run": {"linestyle": "", "marker": "o", "markersize": 4, "markerfacecolor": "white", "markeredgewidth": 0.8},
    "expected": {"linestyle": "", "marker": "|", "markersize": 13, "markeredgewidth": 1.8},
}
NAMED = 10
"""Up to so many points have their names beside them."""
DIVERSITY = ("semantic-Vendi", "Vendi", "semantic-ILD", "coverage", "ILD")
"""Measures of diversity; the first of them that was measured is plotted."""
__all__ = [
    "accuracy_diversity",
    "accuracy_speed",
    "kinds",
    "save",
    "scores",
    "svg",
    "tag_bars",
    "unique_finds",
]


def scores(result: Result, view: str = TEST) -> Figure:
    """Draw the first measure of all rows with 95 % intervals, the best row on top, and expected scores beside them.

    Rows that were not measured are drawn by their expected scores alone.
    """
    first = str(result.measures[0])
    place = first if view == TEST else f"{view}/{first}"
    cells = {row.name: result.cell(row, place) for row in result.experiment.rows}
    shown = {name: cell.score or cell.expected for name, cell in cells.items()}
    values = {name: score.value for name, score in shown.items() if score}
    sign = -1 if result.measures[0].better == "higher" else 1
    names = sorted(values, key=lambda name: sign * values[name])
    with style():
        figure, axes = canvas(1.6 + 0.27 * len(names))
        handles: dict[str, Line2D] = {}

        def draw(kind: str, ends: list[float], at: int, **more: Any) -> None:
            axes.plot(ends, [at] * len(ends), **({"color": INK} | LINES[kind] | more))
            handles.setdefault(kind, Line2D([], [], color=INK, **LINES[kind]))

        for at, name in enumerate(names):
            score, expected = cells[name].score, cells[name].expected
            if score:
                row = _look(result, name)
                if not math.isnan(score.low):
                    draw("95 % interval", [score.low, score.high], at)
                if score.sd is not None:
                    ends = [score.value - score.sd, score.value + score.sd]
                    draw("standard deviation over runs", ends, at, color=row["color"])
                axes.plot(score.value, at, linestyle="", markeredgecolor=INK, markersize=8, **row)
                if score.runs:
                    draw("single run", list(score.runs), at, zorder=4)
            if expected:
                draw("expected", [expected.value], at)
        axes.set_yticks(range(len(names)), [drawable(name) for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(heading(first) + (" (%)" if result.experiment.scale == 100 else ""))
        kinds = [kind for kind in LINES if kind in handles]
        figure.legend([handles[kind] for kind in kinds], kinds, ncols=4, fontsize=8, **LEGEND)
        axes.set_title(f"{first} by row\n{drawable(title(result, view), 80)}")
    return figure


def accuracy_diversity(result: Result, view: str = TEST) -> Figure:
    """Draw the first measure against the first measure of diversity, with 95 % intervals.

    Raises:
        BadInput: No measure of diversity was measured.
    """
    measure = diversity(result)
    if measure is None:
        raise BadInput(f"no measure says how diverse the tags are; add one of {', '.join(DIVERSITY)}")
    with style():
        figure, axes = canvas(4.4)
        axes.set_xlabel(heading(str(measure)))
        axes.set_title(f"{result.measures[0]} against diversity\n{drawable(title(result, view), 80)}")
        _scatter(result, axes, view, _intervals(result, view, str(measure)))
    return figure


def accuracy_speed(result: Result, view: str = TEST) -> Figure:
    """Draw the first measure, with 95 % intervals, against the products tagged per second."""
    with style():
        figure, axes = canvas(4.4)
        across = {name: (row.items_per_second,) * 3 for name, row in result.rows.items()}
        speeds = [x for x, _, _ in across.values() if x > 0]
        if speeds:
            axes.set_xscale("log")
            axes.set_xlim(10 ** np.floor(np.log10(min(speeds)) - 0.05), 10 ** np.ceil(np.log10(max(speeds)) + 0.05))
        axes.xaxis.set_major_formatter(THOUSANDS)
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("products tagged per second (logarithmic)")
        axes.set_title(f"{result.measures[0]} against speed\n{drawable(title(result, view), 80)}")
        _scatter(result, axes, view, across)
    return figure


def tag_bars(result: Result, view: str = TEST, *, tags: int = 15, rows: int = 4) -> Figure:
    """Draw the F1 of each of the most frequent gold tags for the best rows by the first measure.

    Raises:
        BadInput: The result is a stored one, without its tags.
    """
    chosen = comparable(result, view)[:rows]
    counts = Counter(tag for product in result.products(view) for tag in dict.fromkeys(product.tags))
    frequent = sorted(counts, key=lambda tag: (-counts[tag], tag))[:tags]
    values = {name: tag_f1(result.run(name, view), frequent) for name in chosen}
    places = np.arange(len(frequent))
    with style():
        figure, axes = canvas(1.6 + 0.27 * len(frequent))
        spread = np.array(list(values.values()))
        axes.hlines(places, spread.min(axis=0, initial=1), spread.max(axis=0, initial=0), color="#8888", linewidth=1)
        drawn = []
        for name, shift in zip(chosen, np.linspace(-0.15, 0.15, len(chosen)), strict=True):
            points: dict[str, Any] = {"linestyle": "", "markeredgecolor": INK, "markersize": 7}
            drawn += axes.plot(values[name], places + shift, zorder=3 - shift, **points, **_look(result, name))
        axes.set_yticks(places, [f"{drawable(tag)} ({counts[tag]})" for tag in frequent])
        axes.invert_yaxis()
        axes.set_xlim(-0.03, 1.03)
        axes.set_xlabel("F1 of the tag (in brackets: gold occurrences)")
        axes.grid(axis="y", visible=False)
        columns = 4 if max(map(len, chosen), default=0) < 16 else 2
        figure.legend(drawn, [drawable(name) for name in chosen], ncols=columns, handletextpad=0.1, **LEGEND)
        axes.set_title(f"The most frequent tags, by strategy\n{drawable(title(result, view), 80)}")
    return figure


def unique_finds(result: Result, view: str = TEST) -> Figure:
    """Draw how many gold tags each row finds and no other does, and how many none finds."""
    found = finds(result, view)
    names = list(found.alone)
    with style():
        figure = Figure(figsize=(WIDTH, 2.4 + 0.3 * len(names)), layout="constrained")
        upper, lower = figure.subplots(2, 1, height_ratios=[max(1, len(names)) * 0.3, 0.45])
        places = np.arange(len(names))
        counts = [found.alone[name] for name in names]
        colours = [_look(result, name)["color"] for name in names]
        bars = upper.barh(places, counts, color=colours, edgecolor=INK, linewidth=0.5, height=0.7)
        upper.bar_label(bars, [f" {count:,}" for count in counts], color=INK)
        upper.set_yticks(places, [drawable(name) for name in names])
        upper.invert_yaxis()
        upper.set_xlabel("gold tags that only this strategy finds")
        upper.margins(x=0.12)
        shares = {"nobody": found.nobody, "one strategy": sum(counts), "several": found.several, "all": found.everybody}
        looks = {"nobody": ("none", "////"), "one strategy": ("#56B4E9", ""), "several": ("#0072B2", "")}
        left = 0
        for text, count in shares.items():
            fill, hatch = looks.get(text, ("#00324D", ""))
            entry = f"{text}: {count:,} ({count / max(found.total, 1):.0%})"
            lower.barh(0, count, left=left, color=fill, edgecolor=INK, hatch=hatch, label=entry)
            left += count
        lower.set_yticks([])
        lower.xaxis.set_major_formatter(THOUSANDS)
        lower.set_xlim(0, max(found.total, 1))
        lower.set_xlabel(f"all {found.total:,} gold tags, found by …")
        for axes in (upper, lower):
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="y", visible=False)
        figure.legend(*lower.get_legend_handles_labels(), ncols=2, **LEGEND)
        upper.set_title(f"What only one strategy finds\n{drawable(title(result, view), 80)}")
    return figure


def kinds(result: Result, view: str = TEST) -> dict[str, Callable[..., Figure]]:
    """Return the functions of this module whose plots the result has the scores and the tags for, by name."""
    kinds: dict[str, Callable[..., Figure]] = {"scores": scores}
    if diversity(result) is not None and len(result.rows) > 1:
        kinds["accuracy-diversity"] = accuracy_diversity
    if sum(row.items_per_second > 0 for row in result.rows.values()) > 1:
        kinds["accuracy-speed"] = accuracy_speed
    if comparable(result, view):
        kinds |= {"tags": tag_bars, "unique-finds": unique_finds}
    return kinds


def diversity(result: Result) -> Measure | None:
    """Return the measure of diversity that is plotted, None where none was measured."""
    found = {measure.name: measure for measure in reversed(result.measures)}
    return next((found[name] for name in DIVERSITY if name in found), None)


def _look(result: Result, name: str) -> dict[str, Any]:
    return look([row.name for row in result.experiment.rows].index(name))


def _intervals(result: Result, view: str, measure: str) -> dict[str, Interval]:
    """Return by row the score and the ends of its interval (the score, where it has none), in the experiment's unit."""
    found = {}
    for name, cells in result.scores.get(view, {}).items():
        if measure in cells:
            score = cells[measure].scaled(result.experiment.scale)
            found[name] = (score.value,) * 3 if math.isnan(score.low) else (score.value, score.low, score.high)
    return found


def _scatter(result: Result, axes: Axes, view: str, across: Mapping[str, Interval]) -> None:
    """Draw the first measure against something else, with intervals, and the name of each row beside its point.

    Where more than `NAMED` rows would crowd the plot, numbers stand for their names, 1 for the best row.
    """
    first = str(result.measures[0])
    up = _intervals(result, view, first)
    points = {name: (across[name], up[name]) for name in up if name in across}
    points = {name: ends for name, ends in points.items() if not np.isnan([ends[0][0], ends[1][0]]).any()}
    crowded = len(points) > NAMED
    for name, ((x, left, right), (y, low, high)) in points.items():
        drawn = _look(result, name)
        axes.plot([left, right], [y, y], color=drawn["color"], linewidth=1.2, alpha=0.6)
        axes.plot([x, x], [low, high], color=drawn["color"], linewidth=1.2, alpha=0.6)
        axes.scatter(x, y, s=30 if crowded else 60, edgecolor=INK, linewidth=0.6, zorder=3, **drawn)
    axes.set_ylabel(heading(first))
    axes.margins(0.12)
    sign = -1 if result.measures[0].better == "higher" else 1
    names = sorted(points, key=lambda name: sign * points[name][1][0])
    labels = [drawable(name, 28) for name in names]
    if crowded:
        handles = [Line2D([], [], linestyle="", markeredgecolor=INK, markersize=7, **_look(result, n)) for n in names]
        entries = [f"{number} {label}" for number, label in enumerate(labels, 1)]
        rows = -(-len(names) // 3)
        figure: Any = axes.figure
        figure.set_size_inches(WIDTH, 4.4 + 0.19 * rows)
        figure.legend(handles, entries, ncols=3, fontsize=8, handletextpad=0.1, **LEGEND)
        labels = [str(number) for number in range(1, len(names) + 1)]
    places = [(points[name][0][0], points[name][1][0]) for name in names]
    label_points(axes, places, labels, [INK] * len(names), size=8 if crowded else 10)
