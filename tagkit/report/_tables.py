"""The leaderboard as text: Markdown, LaTeX, terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from tagkit.errors import BadInput
from tagkit.experiment.result import DEDUP, TEST, Comparison
from tagkit.measures import Measure
from tagkit.report._cells import (
    BETTER,
    COSTS,
    WORSE,
    best,
    cost,
    costs,
    half_width,
    has_wins,
    heading,
    legend,
    mark,
    number,
    win_tie_loss,
)
from tagkit.report._facts import budgets, explain_fall, troubles

WIDTH = 100
LATEX = {"&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "↓": r"$\downarrow$",
    BETTER: r"$^{\blacktriangle}$",
    WORSE: r"$^{\blacktriangledown}$",
    "±": r"$\pm$",
    "–": "--",
    "<": r"\textless{}",
}


def to_markdown(comparison: Comparison, view: str = TEST, *, measures: Sequence[Measure] | None = None) -> str:
    """Return the leaderboard as a Markdown table with its legend, and below it what could not run.

    Args:
        comparison: The comparison.
        view: "test", or "dedup" where it exists.
        measures: Which measures to show; all if None.

    Raises:
        BadInput: There is no such view.
    """
    shown = tuple(comparison.measures if measures is None else measures)
    return f"{markdown_table(comparison, view, shown)}\n{markdown_below(comparison, view, shown)}\n"


def to_latex(comparison: Comparison, view: str = TEST, *, measures: Sequence[Measure] | None = None) -> str:
    r"""Return the leaderboard as a LaTeX table for the packages booktabs and amssymb (and ctex for Chinese names).

    Args:
        comparison: The comparison.
        view: "test", or "dedup" where it exists.
        measures: Which measures to show; all if None.

    Raises:
        BadInput: There is no such view.
    """
    shown = tuple(comparison.measures if measures is None else measures)
    titles, rows = _grid(comparison, view, shown, bold="\\textbf{{{}}}", escape=_escape_latex)
    lines = [r"% needs \usepackage{booktabs,amssymb}, and \usepackage{ctex} where names are Chinese"]
    lines += [r"\begin{table}", r"\centering", rf"\begin{{tabular}}{{l{'r' * (len(titles) - 1)}}}", r"\toprule"]
    lines += [" & ".join(map(_escape_latex, titles)) + r" \\", r"\midrule"]
    lines += [" & ".join(row) + r" \\" for row in rows]
    caption = f"{comparison.data.name}, {view}: {len(comparison.views[view])} products. "
    caption += " ".join(below(comparison, view, shown))
    lines += [r"\bottomrule", r"\end{tabular}", rf"\caption{{{_escape_latex(caption)}}}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def leaderboard(comparison: Comparison, view: str = TEST, *, width: int = WIDTH) -> str:
    """Return the leaderboard as text for a terminal: as many of the first six measures as fit.

    Args:
        comparison: The comparison.
        view: "test", or "dedup" where it exists.
        width: Columns of the terminal.

    Raises:
        BadInput: There is no such view.
    """
    check_view(comparison, view)
    shown = tuple(comparison.measures[:6])
    table = _text_table(comparison, view, shown, intervals=len(shown))
    while columns(table[1]) > width and len(shown) > 1:
        table = _text_table(comparison, view, shown, intervals=1)
        shown = shown[:-1]
    count = len(comparison.views[view])
    marks = f"* best; {BETTER} {WORSE} significantly better, worse than {comparison.baseline}"
    return "\n".join([f"{comparison.data.name}, {view}: {count:,} products; {marks}", "", *table])


def markdown_table(comparison: Comparison, view: str, measures: Sequence[Measure]) -> str:
    """Return the Markdown table alone."""
    titles, rows = _grid(comparison, view, measures, bold="**{}**", escape=_escape_markdown)
    lines = ["| " + " | ".join(map(_escape_markdown, titles)) + " |"]
    lines.append("|" + "|".join([":--", *["--:"] * (len(titles) - 1)]) + "|")
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def markdown_below(comparison: Comparison, view: str, measures: Sequence[Measure]) -> str:
    """Return the paragraphs below a Markdown table."""
    return "\n\n".join(map(_escape_markdown, below(comparison, view, measures)))


def check_view(comparison: Comparison, view: str) -> None:
    """Raise `BadInput` unless the comparison has that view."""
    if view not in comparison.views:
        raise BadInput(f"there is no view {view!r}; there are: {', '.join(comparison.views)}")


def below(comparison: Comparison, view: str, measures: Sequence[Measure]) -> list[str]:
    """Return the lines below the table of one view: legend, explanation of `dedup`, what could not run."""
    explained = explain_fall(comparison) if view == DEDUP else []
    return [legend(comparison, measures, view), *explained, *budgets(comparison), *troubles(comparison)]


def _grid(
    comparison: Comparison,
    view: str,
    measures: Sequence[Measure],
    *,
    bold: str,
    escape: Callable[[str], str],
) -> tuple[list[str], list[list[str]]]:
    """Return the titles and, best first, the rows of the table; the cells are escaped, the titles are not."""
    check_view(comparison, view)
    wins = has_wins(comparison, view)
    titles = ["strategy", *map(heading, measures), *(["W/T/L"] if wins else []), *COSTS]
    top = {measure: best(comparison, measure, view) for measure in measures}
    rows = []
    for name in comparison.order(view):
        row = [escape(name + (" (baseline)" if name == comparison.baseline else ""))]
        for measure in measures:
            figure = comparison.table[view][name][str(measure)]
            value = bold.format(number(figure.value)) if name in top[measure] else number(figure.value)
            half = half_width(figure)
            tail = (f" ±{half}" if half else "") + f" {mark(comparison, measure, name, view)}"
            row.append(value.replace("–", escape("–")) + escape(tail.rstrip()))
        if wins:
            row.append(win_tie_loss(comparison.table[view][name][str(comparison.measures[0])]) or escape("–"))
        row += [escape(cost(value)) for value in costs(comparison.result(name))]
        rows.append(row)
    return titles, rows


def _text_table(comparison: Comparison, view: str, measures: Sequence[Measure], *, intervals: int) -> list[str]:
    """Return aligned lines; only the first `intervals` measures show their interval."""
    titles = ["strategy", *map(heading, measures), *COSTS[:2]]
    top = {measure: best(comparison, measure, view) for measure in measures}
    rows = []
    for name in comparison.order(view):
        row = [name]
        for position, measure in enumerate(measures):
            figure = comparison.table[view][name][str(measure)]
            half = half_width(figure) if position < intervals else ""
            star = "*" if name in top[measure] else ""
            sign = mark(comparison, measure, name, view) or " "
            row.append(f"{star}{number(figure.value)}{f' ±{half}' if half else ''}{sign}")
        rows.append(row + [cost(value) for value in costs(comparison.result(name))[:2]])
    widths = [max(map(columns, column)) for column in zip(titles, *rows, strict=True)]
    lines = [titles, ["-" * width for width in widths], *rows]
    sides = [True, *[False] * (len(titles) - 1)]
    return ["  ".join(map(_pad, line, widths, sides)).rstrip() for line in lines]


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int, left: bool) -> str:
    blanks = " " * (width - columns(text))
    return text + blanks if left else blanks + text


def _escape_markdown(text: str) -> str:
    return re.sub(r"([|*_\\\[\]<>])", r"\\\1", text.replace("\n", " "))


def _escape_latex(text: str) -> str:
    escaped = "".join(LATEX.get(char, char) for char in text.replace("\n", " "))
    return re.sub(r"`([^`]*)`", r"\\texttt{\1}", escaped)
