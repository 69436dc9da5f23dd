"""The HTML report of all experiments: one page without scripts, from the same rows as RESULTS.md."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from tagkit.experiment import table, text
from tagkit.experiment._old_warnings import cautions
from tagkit.experiment.outcome import Outcome
from tagkit.experiment.verdict import FAIL, MEANING, ORDER

STYLE = """
.fail { font-weight: bold; } td code { white-space: nowrap; } .verdict { font-size: 85%; }
th small { display: block; max-width: 24rem; white-space: normal; }
"""
HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Reproduced figures of product tagging</title>
<style>
{style}
</style>
</head>
<body>
<header>
<h1>Reproduced figures of product tagging</h1>
<p>{summary}.</p>
<nav aria-label="Experiments">
{links}
</nav>
</header>
<main>
<dl class="facts">
{legend}
</dl>
"""


def html(outcomes: Sequence[Outcome]) -> str:
    """Return the page.

    Args:
        outcomes: The experiments, in the order of the page.
    """
    css = Path(__file__).parents[1].joinpath("report", "templates", "report.css").read_text(encoding="utf-8")
    links = " ".join(f'<a href="#{escape(o.experiment.name)}">{escape(o.experiment.name)}</a>' for o in outcomes)
    head = HEAD.format(
        style=css + STYLE,
        summary=escape(text.summary(outcomes)),
        links=links,
        legend="\n".join(_pair(verdict, MEANING[verdict]) for verdict in ORDER),
    )
    return head + "\n".join(map(_section, outcomes)) + "\n</main>\n</body>\n</html>\n"


def _section(outcome: Outcome) -> str:
    experiment = outcome.experiment
    out = [f'<section id="{escape(experiment.name)}">', f"<h2>{escape(experiment.name)}</h2>"]
    out.append(f"<p>{escape(experiment.title)}.</p>")
    link = experiment.source.get("link", "")
    if link.startswith(("https://", "http://")):
        out.append(f'<p><a href="{escape(link)}">{escape(link)}</a></p>')
    out += ['<dl class="facts">', *(_pair(key, value) for key, value in text.facts(outcome).items()), "</dl>"]
    out += [f"<p><strong>Warning.</strong> {escape(sentence)}</p>" for sentence in cautions(outcome)]
    names = table.columns(outcome)
    out.append(f'<div class="scroll" role="region" tabindex="0" aria-label="Figures of {escape(experiment.name)}">')
    out.append(f"<table>\n<caption>Expected and measured figures, in {escape(experiment.unit)}</caption>")
    more = [*(["p"] if experiment.baseline else []), "time", "tokens", "origin", "command"]
    top = "".join(f'<th scope="colgroup" colspan="2">{escape(name)}</th>' for name in names)
    top += "".join(f'<th scope="col" rowspan="2">{name}</th>' for name in more)
    below = '<th scope="col">expected</th><th scope="col">measured</th>' * len(names)
    out.append(f'<thead><tr><th scope="col" rowspan="2">system</th>{top}</tr>\n<tr>{below}</tr></thead>\n<tbody>')
    out += [_row(row, experiment.baseline != "") for row in table.rows(outcome)]
    return "\n".join([*out, "</tbody>\n</table>\n</div>\n</section>"])


def _row(row: table.Row, tested: bool) -> str:
    cells = []
    for cell in row.cells:
        mark = "verdict fail" if cell.verdict == FAIL else "verdict"
        verdict = f' <span class="{mark}" title="{escape(cell.why)}">{cell.verdict}</span>' if cell.verdict else ""
        cells.append(f"<td>{escape(cell.expected)}</td><td>{escape(cell.measured)}{verdict}</td>")
    note = f"<small>{escape(row.note)}</small>" if row.note else ""
    more = [*([row.p] if tested else []), row.seconds, row.tokens, row.origin]
    command = f"<code>{escape(row.command)}</code>" if row.command else table.DASH
    tail = "".join(f"<td>{escape(value)}</td>" for value in more) + f"<td>{command}</td>"
    return f'<tr><th scope="row">{escape(row.name)}{note}</th>{"".join(cells)}{tail}</tr>'


def _pair(key: str, value: str) -> str:
    return f"<div><dt>{escape(key)}</dt><dd>{escape(value)}</dd></div>"
