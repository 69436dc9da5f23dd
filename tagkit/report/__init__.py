"""Write a comparison out: terminal, DataFrame, Markdown, LaTeX, JSON values, one HTML page, or all into a folder."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tagkit.errors import BadInput
from tagkit.experiment.result import DEDUP, TEST, Comparison
from tagkit.registry import missing_extra
from tagkit.report._cells import COSTS, costs
from tagkit.report._facts import notes
from tagkit.report._tables import check_view, leaderboard, markdown_below, markdown_table, to_latex, to_markdown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["insert", "leaderboard", "notes", "to_dict", "to_frame", "to_html", "to_latex", "to_markdown", "write"]
START, END = "<!-- leaderboard -->", "<!-- /leaderboard -->"


def to_frame(comparison: Comparison, view: str = TEST) -> pd.DataFrame:
    """Return one row per strategy, the best first.

    Args:
        comparison: The comparison.
        view: "test", or "dedup" where it exists.

    Returns:
        Per measure the columns `NAME`, `NAME low`, `NAME high` and `NAME p`; then wins, ties and losses by the first
        measure, `items/s`, `fit s` and `peak MB`. The index holds the strategies.

    Raises:
        BadInput: There is no such view.
        MissingExtra: pandas is not installed.
    """
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the table as a DataFrame") from error
    check_view(comparison, view)
    rows = []
    for name in comparison.order(view):
        row: dict[str, Any] = {"strategy": name}
        for measure, figure in comparison.table[view][name].items():
            row |= {measure: figure.value, f"{measure} low": figure.low, f"{measure} high": figure.high}
            row[f"{measure} p"] = figure.p
        first = comparison.table[view][name][str(comparison.measures[0])]
        row |= {"wins": first.wins, "ties": first.ties, "losses": first.losses}
        rows.append(row | dict(zip(COSTS, costs(comparison.result(name)), strict=True)))
    frame = pd.DataFrame(rows).set_index("strategy")
    numeric = [column for column in frame if str(column).endswith(" p")]
    frame[numeric] = frame[numeric].astype(float)
    return frame.astype({"wins": "Int64", "ties": "Int64", "losses": "Int64"})


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """Return the whole comparison, without the single tags, as plain JSON values (undefined figures as None)."""
    views = {}
    for view, cells in comparison.table.items():
        rows = {name: {m: _plain(vars(figure)) for m, figure in cells[name].items()} for name in comparison.order(view)}
        views[view] = {"products": len(comparison.views[view]), "figures": rows}
    strategies = {
        result.name: {"params": _plain(result.params), "refine": list(result.refine), "unread": result.unread}
        | _plain(dict(zip(("items_per_second", "fit_seconds", "peak_mb"), costs(result), strict=True)))
        for result in comparison.results
    }
    return {
        "data": {"name": comparison.data.name, "digest": comparison.data.digest, "licence": comparison.data.licence},
        "baseline": comparison.baseline,
        "seed": comparison.seed,
        "samples": comparison.samples,
        "measures": {str(measure): measure.better for measure in comparison.measures},
        "views": views,
        "strategies": strategies,
        "failed": dict(comparison.failed),
        "tuned": dict(comparison.tuned),
        "notes": notes(comparison),
    }


def to_html(comparison: Comparison, path: str | Path) -> Path:
    """Write the report as one page that needs nothing else: tables, plots, protocols, examples.

    Args:
        comparison: The comparison.
        path: The file.

    Returns:
        The path.

    Raises:
        MissingExtra: Jinja2 or matplotlib is not installed.
    """
    try:
        from tagkit.report._page import render
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the HTML report") from error
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(comparison), encoding="utf-8")
    return path


def write(comparison: Comparison, folder: str | Path) -> list[Path]:
    """Write all forms of the report into a folder, made if absent.

    Args:
        comparison: The comparison.
        folder: Gets `report.html`, the plots as PNG, and for each view a CSV, a Markdown and a LaTeX file.

    Returns:
        The files.

    Raises:
        MissingExtra: An optional package is not installed.
    """
    folder = Path(folder)
    files = [to_html(comparison, folder / "report.html")]
    from tagkit.report import plots

    for name, figure in plots.draw_all(comparison).items():
        files.append(plots.save(figure, folder / f"{name}.png"))
    for view in comparison.views:
        stem = folder / f"leaderboard-{view}"
        to_frame(comparison, view).to_csv(stem.with_suffix(".csv"), encoding="utf-8")
        stem.with_suffix(".md").write_text(to_markdown(comparison, view), encoding="utf-8")
        stem.with_suffix(".tex").write_text(to_latex(comparison, view), encoding="utf-8")
        files += [stem.with_suffix(suffix) for suffix in (".csv", ".md", ".tex")]
    return files


def insert(comparison: Comparison, path: str | Path, *, measures: int = 6) -> Path:
    """Write the leaderboard into a Markdown file, between two comment lines that stay.

    Args:
        comparison: The comparison.
        path: The file; the table goes between `<!-- leaderboard -->` and `<!-- /leaderboard -->`.
        measures: How many of the measures to show.

    Raises:
        BadInput: The file has no such two lines.
    """
    path = Path(path)
    before, start, rest = path.read_text(encoding="utf-8").partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise BadInput(f"{path} has no lines {START} and {END} to put the leaderboard between")
    shown = comparison.measures[:measures]
    parts = []
    for view, indices in comparison.views.items():
        title = f"{comparison.data.name}, {view} ({len(indices):,} products):"
        parts += [title, markdown_table(comparison, view, shown).strip()]
    last = DEDUP if DEDUP in comparison.views else TEST
    text = "\n\n".join([*parts, markdown_below(comparison, last, shown)])
    path.write_text(f"{before}{start}\n\n{text}\n\n{end}{after}", encoding="utf-8")
    return path


def _plain(value: Any) -> Any:
    """Turn a value into what JSON has: undefined numbers become None, unknown objects their text."""
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool, type(None))) else repr(value)
