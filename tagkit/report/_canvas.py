"""How all plots look, and how they are saved."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tagkit.experiment.result import Comparison
from tagkit.report._fonts import families

INK = "#1f2328"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C8C8C", "#B5A300", "#7B5AA6", "#8A5A2B")
MARKERS = "osD^vPX*hp<d"
WIDTH = 6.0


def colour(comparison: Comparison, name: str) -> str:
    """Return the colour of a strategy."""
    return COLOURS[_position(comparison, name) % len(COLOURS)]


def marker(comparison: Comparison, name: str) -> str:
    """Return the marker of a strategy: from the eleventh on, colours repeat with other markers."""
    return MARKERS[_position(comparison, name) % len(MARKERS)]


def style() -> AbstractContextManager[None]:
    """Return a context in which new figures have our look and Chinese characters."""
    return matplotlib.rc_context(
        {
            "font.family": families(),
            "font.size": 10,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": "#88888840",
            "hatch.color": INK,
            "hatch.linewidth": 0.5,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


def canvas(height: float) -> tuple[Figure, Axes]:
    """Return a figure of our width with one plot."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots()


def title(axes: Axes, text: str, comparison: Comparison, view: str) -> None:
    """Write what the plot shows, and of what data."""
    count = len(comparison.views[view])
    axes.set_title(f"{text}\n{comparison.data.name}, {view}: {count:,} products", loc="left", fontsize=11)


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG, on white.

    Returns:
        The path.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with quiet():
        figure.savefig(path, dpi=160, facecolor="white", metadata={"Software": None})
    return path


def svg(figure: Figure) -> str:
    """Return a figure as SVG that needs no fonts, and whose ink is light where the reader prefers dark pages."""
    out = io.StringIO()
    with quiet(), matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "tagkit"}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue().replace(INK, "var(--ink)")
    ink = f":root{{--ink:{INK}}}@media(prefers-color-scheme:dark){{:root{{--ink:#e6e6e6}}}}"
    return re.sub(r"(<svg\b[^>]*>)", rf"\1<style>{ink}</style>", text[text.index("<svg") :], count=1)


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out matplotlib's warning for each missing character: `families` has said it once."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def _position(comparison: Comparison, name: str) -> int:
    return [result.name for result in comparison.results].index(name)
