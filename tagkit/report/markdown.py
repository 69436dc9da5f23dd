"""One or several experiments with expected scores as a Markdown document."""

from __future__ import annotations

from collections.abc import Sequence

from tagkit.experiment.expected import VERDICTS
from tagkit.experiment.result import Result
from tagkit.report.facts import about, notes, row_notes, verdict_counts
from tagkit.report.scores import has_expected, score_table, views
from tagkit.report.tables import escape_markdown, to_markdown


def document(results: Sequence[Result], title: str = "Results", preface: str = "") -> str:
    """Return a Markdown document with a preface in Markdown and one section for each result."""
    parts = [f"# {title}", preface]
    if expected := [result for result in results if has_expected(result)]:
        parts.append("\n".join(f"- {verdict}: {meaning}." for verdict, meaning in VERDICTS.items()))
        parts.append(f"All cells: {verdict_counts(expected)}.")
    return "\n\n".join(part.strip() for part in [*parts, *map(section, results)] if part) + "\n"


def section(result: Result) -> str:
    """Return a section of the document: what the experiment is, its tables, and what must be known of them."""
    experiment = result.experiment
    parts = [f"## {escape_markdown(experiment.name)}"]
    if experiment.title:
        parts.append(f"{escape_markdown(experiment.title)}.")
    parts.append("\n".join(f"- {name}: {escape_markdown(text)}" for name, text in about(result).items()))
    for view in views(result):
        if len(views(result)) > 1:
            parts.append(f"### {escape_markdown(experiment.name)}, {view}")
        parts.append(to_markdown(score_table(result, view)))
    lines = [*notes(result), *(f"{name}: {text}." for name, text in row_notes(result).items())]
    parts.append("\n".join(f"- {escape_markdown(line)}" for line in lines))
    return "\n\n".join(part.strip() for part in parts if part)
