"""Write Markdown tables: those of stored results, as `tagkit.report` has them, and plain ones."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tagkit.experiment.result import Result
from tagkit.experiment.spec import TEST
from tagkit.measures import parse_all
from tagkit.report.scores import duration, heading, legend, measure_names, score_table, shown_rows
from tagkit.report.tables import DASH, Cell, Column, to_markdown

__all__ = ["DASH", "escape", "scores", "table"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Return a Markdown table whose first columns are aligned to the left and the others to the right."""
    align = [":--"] * left + ["--:"] * (len(head) - left)
    lines = [head, align, *([escape(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escape(text: str) -> str:
    """Return a text that may stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def scores(
    result: Result,
    view: str = TEST,
    measures: Sequence[str] = (),
    rows: Sequence[str] = ("*",),
    sort: str = "",
    *,
    has_time: bool = True,
) -> str:
    """Return the table of a stored result with its legend: the report's table, without expected scores and commands.

    A cited row shows the scores of its source; a row that was not measured shows what is expected of it.

    Args:
        result: The stored result.
        view: "test", or "dedup" and "seen" where they exist.
        measures: The measures to show; empty: those of the experiment.
        rows: Patterns of the names of the rows to show.
        sort: The measure by which rows are sorted, the best first; "": the order of the experiment.
        has_time: Whether to show how long all runs of a row took.
    """
    names = [str(measure) for measure in parse_all(measures)] if measures else measure_names(result, view)
    full = score_table(result, view, parse_all(names))
    titles = [column.title for column in full.columns]
    lines = []
    for row, cells in zip(shown_rows(result, view), full.rows, strict=True):
        if not any(fnmatch.fnmatchcase(row.name, pattern) for pattern in rows):
            continue
        is_measured = row.name in result.rows
        kind = "" if is_measured else " (expected)" if row.strategy else " (cited)"
        line = [replace(cells[0], text=cells[0].text + kind)]
        for name in names:
            at = titles.index(heading(name))
            line += [_score(cells[at]), cells[at + 1] if titles[at + 1] == "SD" else Cell()]
        # Stored answers are read in no time, which says nothing of the model that gave them.
        has_cost = is_measured and row.strategy != "replay"
        line.append(Cell(duration(result.rows[row.name].seconds)) if has_cost else Cell())
        lines.append(line)
    if sort:
        lines.sort(key=lambda line: -_number(line[1 + 2 * names.index(sort)]))
    heads = [full.columns[0], *(head for name in names for head in (Column(heading(name)), Column("SD")))]
    heads.append(Column("time"))
    kept = [at for at, head in enumerate(heads) if head.title != "SD" or any(line[at].text != DASH for line in lines)]
    if not has_time:
        kept.pop()
    short = replace(
        full, columns=tuple(heads[at] for at in kept), rows=tuple(tuple(line[at] for at in kept) for line in lines)
    )
    notes = [part for part in legend(result, view).rstrip(".").split("; ") if not part.startswith("W/T/L")]
    if not any(heading(name) != name for name in names):
        notes = [part for part in notes if not part.startswith("↓")]
    if not any(heads[at].title == "SD" for at in kept):
        notes = [part for part in notes if not part.startswith("SD")]
    if not any(cell.mark for line in short.rows for cell in line):
        notes = [part for part in notes if not part.startswith("▲")]
    below = f"{'; '.join(notes)}.".replace("<", "&lt;") if notes else ""
    return f"{to_markdown(short, with_notes=False)}\n{below}".strip()


def _score(cell: Cell) -> Cell:
    """Return a cell with its score alone: the measured one, else the expected one."""
    return replace(cell, text=cell.expected if cell.text == DASH and cell.expected else cell.text, verdict="")


def _number(cell: Cell) -> float:
    return -math.inf if cell.text == DASH else float(cell.text.replace(",", ""))
