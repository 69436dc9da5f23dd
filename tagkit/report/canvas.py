"""What all plots share: fonts, colours, the size of a figure, labels beside points, and saving."""

from __future__ import annotations

import base64
import io
import logging
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from adjustText import adjust_text
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from pylopdf_fonts_zh_cn import sans_path

from tagkit.files import replacing
from tagkit.text.columns import columns_of

INK = "#1f2328"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C8C8C", "#B5A300", "#7B5AA6", "#8A5A2B")
"""The first six are those of Okabe and Ito (2008), which people with common forms of colour blindness tell apart."""
MARKERS = "osD^vPX*hp<d"
WIDTH = 6.0
"""Of every figure, in inches."""
EMBEDDED = "tagkit embedded"
Interval = tuple[float, float, float]
"""A score, and the lower and the upper end of its interval."""


@cache
def families() -> list[str]:
    """Return the font families for plots: Noto Sans SC, and DejaVu Sans for what it lacks.

    Both come with packages of the extra `report`, so that plots look the same on every machine.
    """
    path = str(sans_path())
    font_manager.fontManager.addfont(path)
    return [font_manager.FontProperties(fname=path).get_name(), "DejaVu Sans"]


def embedded_font(characters: Iterable[str]) -> str:
    """Return a CSS rule that embeds a font with some characters, so that a page shows them on every machine.

    The `@font-face` rule takes a few hundred KiB at most; without characters it is "".
    """
    wanted = "".join(sorted(set(characters)))
    if not wanted:
        return ""
    from fontTools import subset, ttLib

    logging.getLogger("fontTools").setLevel(logging.ERROR)
    font: Any = ttLib.TTFont(sans_path())
    cutter = subset.Subsetter(subset.Options(layout_features=[]))
    cutter.populate(text=wanted)
    cutter.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out)
    data = base64.b64encode(out.getvalue()).decode()
    return f'@font-face {{ font-family: "{EMBEDDED}"; src: url("data:font/woff;base64,{data}") format("woff"); }}'


def style() -> AbstractContextManager[None]:
    """Return a context in which new figures have the look of the report.

    Texts are drawn as they are: a `$` in a name does not start a formula.
    """
    return matplotlib.rc_context(
        {
            "font.family": families(),
            "font.size": 10,
            "text.parse_math": False,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "grid.color": "#88888840",
            "hatch.color": INK,
            "hatch.linewidth": 0.5,
            "legend.frameon": False,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


def canvas(height: float) -> tuple[Figure, Axes]:
    """Return a figure of the report's width and of some height in inches, and its only plot."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots()


def look(position: int) -> dict[str, Any]:
    """Return the colour and marker of the row at some position; colours repeat later than pairs of both."""
    return {"color": COLOURS[position % len(COLOURS)], "marker": MARKERS[position % len(MARKERS)]}


def drawable(text: str, width: int = 40) -> str:
    """Return a text as one line that can be drawn, cut where it is wider than so many Latin letters.

    Control characters, line breaks and lone surrogates become blanks.
    """
    line = " ".join("".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text).split())
    if columns_of(line) <= width:
        return line
    line = line[:width]
    while columns_of(line) >= width:
        line = line[:-1]
    return f"{line}…"


def label_points(
    axes: Axes, points: Sequence[tuple[float, float]], texts: Sequence[str], colours: Sequence[str], size: float = 10
) -> None:
    """Freeze the layout, and write a label beside each point, apart from other labels and points.

    A thin line leads from a label to its point where the two are not next to each other.

    Args:
        axes: With everything else drawn, and with its limits final.
        points: In data coordinates.
        texts: One label for each point.
        colours: Of texts and lines, one for each point.
        size: Of the texts, in points.
    """
    figure: Any = axes.figure
    with quiet():
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        named = zip(points, texts, colours, strict=True)
        labels = [axes.text(*point, text, color=ink, fontsize=size) for point, text, ink in named]
        if not labels:
            return
        centres = axes.transData.transform(np.asarray(points, dtype=float))
        half = 0.6 * size * figure.dpi / 72
        back = axes.transData.inverted()
        obstacles = [Bbox(back.transform([centre - half, centre + half])) for centre in centres]
        line = {"arrowstyle": "-", "color": INK, "linewidth": 0.5, "alpha": 0.6}
        forces: dict[str, Any] = {"force_text": (0.3, 0.5), "force_static": (0.5, 0.7), "force_explode": (0.3, 1.0)}
        # a limit in iterations, not in seconds, gives the same plot on every machine
        adjust_text(labels, objects=obstacles, ax=axes, arrowprops=line, min_arrow_len=size, iter_lim=600, **forces)


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG, on white, and return the path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with quiet(), matplotlib.rc_context({"text.parse_math": False}), replacing(path) as file:
        figure.savefig(file, format="png", dpi=160, facecolor="white", metadata={"Software": None})
    return path


def svg(figure: Figure) -> str:
    """Return a figure as SVG that needs no fonts, and whose ink is light where the reader prefers dark pages."""
    out = io.StringIO()
    with quiet(), matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "tagkit", "text.parse_math": False}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", out.getvalue(), flags=re.DOTALL)
    text = re.sub(r"\s*\n\s*", " ", text).replace(INK, "var(--ink)")
    ink = f":root{{--ink:{INK}}}@media(prefers-color-scheme:dark){{:root{{--ink:#e6e6e6}}}}"
    return re.sub(r"(<svg\b[^>]*>)", rf"\1<style>{ink}</style>", text[text.index("<svg") :], count=1)


@contextmanager
def quiet() -> Iterator[None]:
    """Hide matplotlib's warning for each character that the fonts lack."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield
