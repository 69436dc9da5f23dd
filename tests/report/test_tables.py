"""The table form: the same cells as terminal text, Markdown, LaTeX, CSV and DataFrame."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tagkit.report import tables
from tagkit.report.tables import ALWAYS, IF_IT_FITS, Cell, Column, Table
from tagkit.text.columns import columns_of

NAMES = ("plain", r"空|_a $x^2$ \frac{ <b> #1 & ~ `")


@pytest.fixture
def table() -> Table:
    columns = (
        Column("strategy", is_number=False, terminal=ALWAYS),
        Column("F1@M", terminal=ALWAYS),
        Column("ECE ↓", terminal=IF_IT_FITS),
        Column("command", is_number=False),
    )
    rows = []
    for at, name in enumerate(NAMES):
        value, error = 0.5 + at / 10, None if at else 0.25
        rows.append(
            (
                Cell(name, values={"strategy": name}),
                Cell(f"{value:.3f}", "0.010", mark="▲" if at else "", best=bool(at), values={"F1@M": value}),
                Cell("0.250" if error else "–", "0.002" if error else "", values={"ECE": error}),
                Cell(f"run '{name}'", is_code=True, values={"command": name}),
            )
        )
    return Table("shop: 3 products", columns, tuple(rows), "plain", ("± half the interval; <b>.", "a_b"))


def test_terminal_aligns_wide_characters(table):
    head, blank, *lines = tables.to_text(table).splitlines()
    assert head == "shop: 3 products; * best; ▲ ▼ significantly better, worse than plain" and blank == ""
    assert lines[0].split() == ["strategy", "F1@M", "ECE", "↓"]
    assert "0.500 ±0.010" in lines[2] and lines[3].endswith("*0.600 ±0.010▲             –")
    assert len({columns_of(line) for line in lines}) == 1


@pytest.mark.parametrize("width", [56, 48, 10])
def test_terminal_leaves_out_what_does_not_fit(table, width):
    *lines, left_out = tables.to_text(table, width).splitlines()[2:]
    assert "F1@M" in lines[0] and "0.500" in lines[2], "the first measure always stays"
    assert (left_out == "not shown, for want of width: ECE ↓") == ("ECE" not in lines[0])
    assert width == 10 or max(map(columns_of, lines)) <= width


def test_terminal_shows_the_expected_score_beside_other_verdicts_than_ok():
    cells = [
        Cell("71.5", verdict="OK", expected="71.5"),
        Cell("60.5", "1.0", verdict="FAIL", expected="66.0"),
        Cell(expected="9.0", verdict="SKIPPED"),
    ]
    rows = tuple((Cell(str(at)), cell) for at, cell in enumerate(cells))
    table = Table("shop", (Column("row", is_number=False, terminal=ALWAYS), Column("F1@M", terminal=ALWAYS)), rows)
    head, _, *lines = tables.to_text(table).splitlines()
    assert head == "shop; in brackets: expected"
    assert [line.split("  ", 1)[1].strip() for line in lines[2:]] == ["71.5 OK", "60.5 FAIL (66.0)", "(9.0)"]


def test_markdown_shows_every_name_as_it_is(table):
    head, rule, *rows = [line for line in tables.to_markdown(table).splitlines() if line.startswith("|")]
    assert head == "| strategy | F1@M | ECE ↓ | command |" and rule == "|:--|--:|--:|:--|"
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]
    assert [len(row) for row in cells] == [4, 4]
    assert cells[0][:2] == ["plain (baseline)", "0.500 ±0.010"] and cells[1][1] == "**0.600** ±0.010 ▲"
    assert re.sub(r"\\(?=[^a-z\s])", "", cells[1][0]) == NAMES[1] and r"\$x^2\$" in cells[1][0]
    assert cells[1][3].startswith("``run") and cells[0][3] == "`run 'plain'`"
    assert r"\<b\>" in tables.to_markdown(table) and r"a\_b" in tables.to_markdown(table)
    assert "a" + r"\_b" not in tables.to_markdown(table, with_notes=False)


def test_latex_shows_every_name_as_it_is(table):
    text = tables.to_latex(table)
    assert text.startswith(r"% needs \usepackage{booktabs,amssymb}")
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")].splitlines()[1:]
    assert all(line.endswith(r" \\") and len(re.findall(r"(?<!\\)&", line)) == 3 for line in body)
    assert body[0].startswith(r"plain (baseline) & 0.500 $\pm$0.010")
    assert r"\textbf{0.600} $\pm$0.010 $^{\blacktriangle}$" in body[1]
    assert r"空\textbar{}\_a \$x\textasciicircum{}2\$ \textbackslash{}frac\{ \textless{}b\textgreater{}" in body[1]
    assert not re.search(r"(?<!\\)[#_]|(?<!\\)%(?! needs)|[▲▼↓±–]", text)


def test_csv_and_records_hold_the_numbers(table):
    rows = list(csv.DictReader(io.StringIO(tables.to_csv(table))))
    assert [row["strategy"] for row in rows] == list(NAMES)
    assert [row["F1@M"] for row in rows] == ["0.5", "0.6"] and [row["ECE"] for row in rows] == ["0.25", ""]
    assert tables.to_records(table)[1] == {"strategy": NAMES[1], "F1@M": 0.6, "ECE": None, "command": NAMES[1]}


def test_frame_has_numbers_and_counts():
    pytest.importorskip("pandas")
    rows = tuple(
        (Cell(n, values={"row": n}), Cell(values={"F1": f, "wins": w})) for n, f, w in [("a", 1, 2), ("b", None, None)]
    )
    frame = tables.to_frame(Table("", (Column("row"), Column("F1")), rows))
    assert list(frame.index) == ["a", "b"] and frame["wins"].dtype == "Int64"
    assert frame["wins"].isna().tolist() == [False, True]


def test_code_stays_code():
    assert tables.escape_markdown("run `a_b` not a_b") == r"run `a_b` not a\_b"
    assert tables.escape_markdown("a & b &amp; ~~c~~") == r"a & b \&amp; \~\~c\~\~"
    assert tables.escape_latex("run `a_b`") == r"run \texttt{a\_b}"
    assert tables.escape_latex("[9cm]*\x1b\r\\input{/etc}") == (
        r"{[}9cm]{*}\textbackslash{}u001b\textbackslash{}u000d\textbackslash{}input\{/etc\}"
    )
