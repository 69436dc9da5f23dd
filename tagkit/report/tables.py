"""One table form for every output: a table of typed cells, laid out as terminal text, Markdown, LaTeX, CSV, DataFrame.

What a cell says is written once, where the table is built (`tagkit.report.scores`); the functions here lay it out. The
HTML page lays out the same tables.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tagkit.console import Line, one_line
from tagkit.datasets.table import safe_cell
from tagkit.experiment.expected import FAIL, OK, OKISH
from tagkit.registry import missing_extra
from tagkit.text.columns import aligned, columns_of

if TYPE_CHECKING:
    import pandas as pd

BETTER, WORSE, DASH = "▲", "▼", "–"
ALWAYS, IF_IT_FITS, NEVER = 0, 1, 2
"""When a terminal shows a column."""
STYLES = {OK: "green", OKISH: "yellow", FAIL: "bold red", BETTER: "green", WORSE: "red"}
"""The colour of a verdict or a mark on a terminal."""
LATEX = {"&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "↓": r"$\downarrow$",
    BETTER: r"$^{\blacktriangle}$",
    WORSE: r"$^{\blacktriangledown}$",
    "±": r"$\pm$",
    "–": "--",
    "|": r"\textbar{}",
    "[": "{[}",
    "*": "{*}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: What it says.
        half: For a score, half the width of its 95 % interval as text; "" where there is none.
        mark: `BETTER` or `WORSE` where the difference from the baseline is significant.
        verdict: Where a score was expected, the verdict on the measured one.
        expected: The expected score as text; "" where nothing was reported.
        best: Whether it is the best score of its column.
        is_code: Whether the text is a command.
        hint: A longer explanation.
        values: What a CSV file or a DataFrame holds, by the full name of its column there.
    """

    text: str = DASH
    half: str = ""
    mark: str = ""
    verdict: str = ""
    expected: str = ""
    best: bool = False
    is_code: bool = False
    hint: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tail(self) -> str:
        """What stands behind the text: half the interval, mark and verdict."""
        half = f"±{self.half}" if self.half else ""
        return "".join(f" {part}" for part in (half, self.mark, self.verdict) if part)


@dataclass(frozen=True)
class Column:
    """The head of a column: its title, an explanation, whether it holds numbers, and when a terminal shows it."""

    title: str
    hint: str = ""
    is_number: bool = True
    terminal: int = NEVER


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its name.

    Attributes:
        title: What the table shows.
        columns: Their heads.
        rows: The cells, one for each column.
        baseline: The name of the row that the others are tested against; "": none.
        notes: Sentences below the table, the legend first.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    baseline: str = ""
    notes: tuple[str, ...] = ()


def to_text(table: Table, width: int = 100) -> str:
    """Return the lines of `to_lines` without their styles."""
    return "\n".join("".join(text for text, _ in line).rstrip() for line in to_lines(table, width))


def to_lines(table: Table, width: int) -> list[Line]:
    """Return a table for a terminal of some columns, one line for each row, without its notes.

    Where the width does not suffice, intervals other than those of the first measure are left out, then columns that
    may be left out, the last one first; a line below the table says so. Beside verdicts there are no intervals, so that
    all verdicts are seen.
    """
    shown = [at for at, column in enumerate(table.columns) if column.terminal != NEVER]
    has_verdicts = any(cell.verdict for row in table.rows for cell in row)
    halves = [at for at in shown if not has_verdicts and any(row[at].half for row in table.rows)]
    left_out: list[str] = []
    lines = _lines(table, shown, halves)
    while columns_of("".join(text for text, _ in lines[0])) > width:
        optional = [at for at in shown if table.columns[at].terminal == IF_IT_FITS]
        if len(halves) > 1:
            halves = halves[:1]
        elif optional:
            shown.remove(optional[-1])
            left_out.insert(0, table.columns[optional[-1]].title)
        else:
            break
        lines = _lines(table, shown, halves)
    head = table.title
    if any(cell.best for row in table.rows for cell in row):
        head += "; * best"
    if any(cell.mark for row in table.rows for cell in row):
        head += f"; {BETTER} {WORSE} significantly better, worse than {table.baseline}"
    if has_verdicts:
        head += "; in brackets: expected"
    more = [[(f"not shown, for want of width: {', '.join(left_out)}", "dim")]] if left_out else []
    return [[(head, "")], [], *lines, *more]


def to_markdown(table: Table, *, with_notes: bool = True) -> str:
    """Return a table in Markdown, with its notes as paragraphs below it."""
    lines = ["| " + " | ".join(escape_markdown(column.title) for column in table.columns) + " |"]
    lines.append("|" + "|".join("--:" if column.is_number else ":--" for column in table.columns) + "|")
    for row in table.rows:
        texts = []
        for cell in row:
            text = escape_markdown(_name(cell, table) if cell is row[0] else cell.text)
            if cell.is_code:
                text = "``" if "`" in cell.text else "`"
                text = text + cell.text.replace("|", "\\|") + text
            texts.append((f"**{text}**" if cell.best else text) + cell.tail)
        lines.append("| " + " | ".join(texts) + " |")
    notes = [f"\n{escape_markdown(note)}" for note in table.notes if note] if with_notes else []
    return "\n".join([*lines, *notes]) + "\n"


def to_latex(table: Table) -> str:
    r"""Return a table in LaTeX, for the packages booktabs and amssymb (and ctex for Chinese names)."""
    aligned = "".join("r" if column.is_number else "l" for column in table.columns)
    lines = [r"% needs \usepackage{booktabs,amssymb}, and \usepackage{ctex} where names are Chinese"]
    lines += [r"\begin{table}", r"\centering", rf"\begin{{tabular}}{{{aligned}}}", r"\toprule"]
    lines += [" & ".join(escape_latex(column.title) for column in table.columns) + r" \\", r"\midrule"]
    for row in table.rows:
        texts = []
        for cell in row:
            text = escape_latex(_name(cell, table) if cell is row[0] else cell.text)
            macro = r"\textbf" if cell.best else r"\texttt" if cell.is_code else ""
            texts.append((f"{macro}{{{text}}}" if macro else text) + escape_latex(cell.tail))
        lines.append(" & ".join(texts) + r" \\")
    caption = escape_latex(" ".join([f"{table.title}.", *table.notes]).strip())
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", rf"\caption{{{caption}}}", r"\end{table}"]) + "\n"


def to_records(table: Table) -> list[dict[str, Any]]:
    """Return one dictionary for each row, with the name of the row and all values of its cells."""
    return [{name: value for cell in row for name, value in cell.values.items()} for row in table.rows]


def to_csv(table: Table) -> str:
    """Return a table as CSV; undefined values are empty, and no text is a formula."""
    rows = to_records(table)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writerow({name: safe_cell(name) for name in writer.fieldnames})
    for row in rows:
        writer.writerow({name: safe_cell(value) for name, value in row.items() if value == value})  # NaN is undefined
    return out.getvalue()


def to_frame(table: Table) -> pd.DataFrame:
    """Return a table as a pandas DataFrame, whose index holds the names of the rows.

    Raises:
        MissingExtra: pandas is not installed.
    """
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the table as a DataFrame") from error
    records = to_records(table)
    frame = pd.DataFrame(records).set_index(table.columns[0].title)
    types = {}
    for name in frame:
        present = [record[name] for record in records if record.get(name) is not None]
        if not any(isinstance(value, str) for value in present):
            types[name] = "Int64" if present and all(isinstance(value, int) for value in present) else "float"
    return frame.astype(types)


def escape_markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, also inside a table; `code` stays code."""
    parts = re.split(r"(`[^`|]*`)", text.replace("\n", " "))
    return "".join(
        part if at % 2 else re.sub(r"([|*_\\\[\]<>$`~]|&(?=#?\w+;))", r"\\\1", part) for at, part in enumerate(parts)
    )


def escape_latex(text: str) -> str:
    """Return a text that LaTeX shows as it is; `code` is set in a typewriter font."""
    escaped = "".join(LATEX.get(char, char) for char in one_line(text))
    return re.sub(r"`([^`]*)`", r"\\texttt{\1}", escaped)


def _name(cell: Cell, table: Table) -> str:
    return cell.text + (" (baseline)" if cell.text == table.baseline else "")


def _lines(table: Table, shown: Sequence[int], halves: Collection[int]) -> list[Line]:
    """Return aligned lines with some of the columns, only some of which have intervals."""
    columns: list[list[str]] = []
    for at in shown:
        head = table.columns[at].title
        cells = [row[at] for row in table.rows]
        texts = [_score_text(cell, has_half=at in halves) for cell in cells]
        if any(cell.mark for cell in cells):
            texts = [text + (cell.mark or " ") for text, cell in zip(texts, cells, strict=True)]
        if any(cell.verdict for cell in cells):
            texts = aligned(texts, left=False)
            verdicts = aligned([_verdict_text(cell) for cell in cells], left=True)
            texts = [f"{text} {verdict}" for text, verdict in zip(texts, verdicts, strict=True)]
        texts = aligned([head, *texts], left=not table.columns[at].is_number)
        columns.append([texts[0], "-" * columns_of(texts[0]), *texts[1:]])
    styles = [["bold"] * len(shown), ["dim"] * len(shown), *([_style(row[at]) for at in shown] for row in table.rows)]
    return [
        [piece for text, style in zip(texts, line, strict=True) for piece in ((text, style), ("  ", ""))][:-1]
        for texts, line in zip(zip(*columns, strict=True), styles, strict=True)
    ]


def _style(cell: Cell) -> str:
    """Return how a terminal shows a cell."""
    if cell.verdict in STYLES or cell.mark in STYLES:
        return STYLES.get(cell.verdict) or STYLES[cell.mark]
    return "bold green" if cell.best else ""


def _score_text(cell: Cell, *, has_half: bool) -> str:
    text = f"({cell.expected})" if cell.expected and cell.text == DASH else cell.text
    return f"{'*' if cell.best else ''}{text}{f' ±{cell.half}' if has_half and cell.half else ''}"


def _verdict_text(cell: Cell) -> str:
    """Return the verdict, and beside another one than OK the expected score; nothing for a score not measured."""
    if cell.expected and cell.text == DASH:
        return ""
    return f"{cell.verdict} ({cell.expected})" if cell.expected and cell.expected != cell.text else cell.verdict
