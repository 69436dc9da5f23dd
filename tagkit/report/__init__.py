"""Show a result: terminal, Markdown, LaTeX, CSV, DataFrame, one HTML page, or all of them in a folder.

All forms come from the tables that `tagkit.report.scores` builds. In all of them ± is half the 95 % interval, and "SD"
the standard deviation over runs.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tagkit import cards
from tagkit.console import Line
from tagkit.errors import MissingExtra, NotWritten
from tagkit.experiment.result import Result
from tagkit.experiment.spec import TEST
from tagkit.files import write_text
from tagkit.registry import missing_extra
from tagkit.report import tables
from tagkit.report.facts import notes, row_notes, verdict_counts
from tagkit.report.findings import summary
from tagkit.report.markdown import document
from tagkit.report.scores import has_expected, label, p_value, score_table, verdict_legend, views

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from tagkit.measures import Measure

__all__ = [
    "document",
    "notes",
    "p_value",
    "plot_kinds",
    "score_table",
    "summary",
    "terminal",
    "to_card",
    "to_csv",
    "to_frame",
    "to_html",
    "to_latex",
    "to_markdown",
    "to_text",
    "use_chinese_fonts",
    "verdict_counts",
    "write",
]


def to_text(result: Result, view: str = TEST, *, width: int = 100) -> str:
    """Return the table of a view for a terminal of some width, one line for each row, with the measures that fit.

    This and the other functions `to_*` raise `BadInput` where the result has no such view.
    """
    return tables.to_text(score_table(result, view), width)


def terminal(result: Result, *, width: int = 100) -> list[Line]:
    """Return everything that a terminal shows of a result: the summary, the tables of all views, and the notes."""
    lines: list[Line] = [[(line, "bold")] for line in textwrap.wrap(summary(result), width)]
    for view in views(result):
        lines += [*([[]] if lines else []), *tables.to_lines(score_table(result, view), width)]
    below = [f"note: {name}: {text}" for name, text in row_notes(result).items() if name in result.rows]
    return [*lines, [], *([(line, "")] for line in [*below, *notes(result)])]


def to_markdown(result: Result, view: str = TEST, *, measures: Sequence[Measure] | None = None) -> str:
    """Return the table of a view in Markdown, with all or some measures, its legend and what else must be known."""
    return tables.to_markdown(score_table(result, view, measures, _below(result)))


def to_latex(result: Result, view: str = TEST, *, measures: Sequence[Measure] | None = None) -> str:
    """Return the same as `to_markdown` in LaTeX, for the packages booktabs and amssymb (and ctex for Chinese names)."""
    return tables.to_latex(score_table(result, view, measures, _below(result)))


def to_csv(result: Result, view: str = TEST) -> str:
    """Return the table of a view as CSV, with the columns of `to_frame`."""
    return tables.to_csv(score_table(result, view))


def to_frame(result: Result, view: str = TEST) -> pd.DataFrame:
    """Return the table of a view as a DataFrame, whose index holds the names of the rows.

    Returns:
        For each measure the columns `NAME`, `NAME low`, `NAME high` and `NAME p`, over several runs `NAME SD`, with
        expected scores `NAME expected` and `NAME verdict`; then `wins`, `ties` and `losses` by the first measure,
        `items/s`, `fit s` and `peak MB`.

    Raises:
        BadInput: There is no such view.
        MissingExtra: pandas is not installed.
    """
    return tables.to_frame(score_table(result, view))


def to_html(results: Result | Sequence[Result], path: str | Path) -> Path:
    """Write one page that needs nothing else: tables, verdicts, plots, costs, examples, protocols, environment.

    Several results get a section each. The path is returned.

    Raises:
        MissingExtra: Jinja2, matplotlib or adjustText is not installed.
    """
    try:
        from tagkit.report.page import render
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the HTML report") from error
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, render([results] if isinstance(results, Result) else results))
    return path


def to_card(result: Result) -> str:
    """Return the summary, the table of the first views' measures and the notes as an HTML card for notebooks."""
    shown = None if has_expected(result) else result.measures[:6]
    parts = [cards.paragraph(summary(result))]
    for view in views(result):
        table = score_table(result, view, shown)
        kept = [at for at, column in enumerate(table.columns) if column.terminal != tables.NEVER]
        rows = ([_cell_html(row[at], table.baseline) for at in kept] for row in table.rows)
        parts += [cards.small(table.title), cards.table([table.columns[at].title for at in kept], rows)]
        parts += [cards.small(table.notes[0])]
    return cards.card(label(result), *parts, *map(cards.small, notes(result)))


def _cell_html(cell: tables.Cell, baseline: str) -> str:
    text = cards.escape(cell.text)
    text = f"<strong>{text}</strong>" if cell.best else text
    return text + cards.small("baseline" if cell.text == baseline else cell.tail)


def plot_kinds(result: Result, view: str = TEST) -> dict[str, Callable[..., Figure]]:
    """Return the functions that draw the plots for which the result has scores and tags, by name.

    Raises:
        MissingExtra: matplotlib or adjustText is not installed.
    """
    try:
        from tagkit.report import plots
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the plot") from error
    return plots.kinds(result, view)


def use_chinese_fonts() -> None:
    """Let matplotlib draw Chinese in your own plots, with the font of the report's plots, until the session ends.

    Raises:
        MissingExtra: matplotlib or the font's package is not installed.
    """
    try:
        import matplotlib

        from tagkit.report.canvas import families
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the Chinese font") from error
    matplotlib.rcParams["font.family"] = families()


def write(result: Result, folder: str | Path) -> list[Path]:
    """Write all forms of the report into a folder, which is made if it does not exist, and return the files.

    These are `report.html`, the plots as PNG, and for each view a CSV, a Markdown and a LaTeX file. One that cannot be
    written does not keep the others from being written.

    Raises:
        MissingExtra: An optional package is not installed; what needs none has been written.
        NotWritten: Some files could not be written.
    """
    folder = Path(folder)
    forms: dict[str, Callable[[Path], object]] = {"report.html": lambda path: to_html(result, path)}
    for view in views(result):
        for suffix, form in ((".csv", to_csv), (".md", to_markdown), (".tex", to_latex)):
            forms[f"leaderboard-{view}{suffix}"] = partial(_write_text, form, result, view)
    missing: list[MissingExtra] = []
    try:
        from tagkit.report import plots
    except ModuleNotFoundError as error:
        missing.append(missing_extra(error, "the plots"))
    else:
        for name, draw in plots.kinds(result).items():
            forms[f"{name}.png"] = partial(_save_plot, draw, result)
    written: list[Path] = []
    failed: dict[str, Exception] = {}
    for name, make in forms.items():
        try:
            make(folder / name)
            written.append(folder / name)
        except MissingExtra as error:
            missing.insert(0, error)
        except Exception as error:  # a full disk, or a text that cannot be drawn
            failed[name] = error
    if failed:
        raise NotWritten(failed, written)
    if missing:
        raise missing[0]
    return written


def _write_text(form: Callable[[Result, str], str], result: Result, view: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, form(result, view))


def _save_plot(draw: Callable[[Result], Figure], result: Result, path: Path) -> None:
    from tagkit.report import plots

    plots.save(draw(result), path)


def _below(result: Result) -> list[str]:
    return [*verdict_legend(result), *notes(result)]
