"""Outcomes as text: lines for the terminal, and RESULTS.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from textwrap import shorten

from tagkit.experiment import table
from tagkit.experiment._old_spec import Experiment
from tagkit.experiment._old_warnings import cautions
from tagkit.experiment.environment import machine_kind
from tagkit.experiment.outcome import Outcome
from tagkit.experiment.verdict import MEANING, ORDER

WHY = 160
"""How much of a reason the terminal shows, once for each row."""
HEAD = """\
# Results

Written by `tagkit reproduce --report` from `experiments/*.yaml` and `experiments/results/reproduced/`; do not edit.
Under each measure stand the expected figure and the measured one: ± is the standard deviation over seeds, brackets hold
the bootstrap 95 % interval over products. A time in brackets is the one reported with the expected figures.
`dedup/` is the part of test whose texts do not stand in train, `seen/` the rest. p: paired randomisation test against
the baseline on the first measure, after Holm's correction.
"""


def lines(outcome: Outcome) -> list[str]:
    """Return what the terminal shows of an experiment: one line per cell, then the warnings."""
    experiment = outcome.experiment
    rows = [("verdict", "system", "cell", "expected", "measured", "")]
    for system in experiment.systems:
        said = ""
        for name in outcome.names(system):
            cell = table.cell(outcome, system, name)
            verdict = outcome.cell(system, name)[2]
            why = "" if cell.why in ("", said) else f"({shorten(cell.why, WHY, placeholder=' …')})"
            said = cell.why
            rows.append((verdict, system.name, name, cell.expected, cell.measured, why))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    shown = [
        "  ".join([*(f"{text:<{width}}" for text, width in zip(row, widths, strict=False)), row[5]]) for row in rows
    ]
    notes = [
        f"note: {row.name}: {row.note}" for row in table.rows(outcome) if row.note and row.name in outcome.measured
    ]
    head = f"{experiment.name}: {experiment.title} ({experiment.unit})"
    warned = [f"warning: {sentence}" for sentence in cautions(outcome)]
    return [head, *(f"  {line}".rstrip() for line in [*shown, *notes, *warned])]


def summary(outcomes: Iterable[Outcome]) -> str:
    """Return how many cells have which verdict."""
    counts = Counter(verdict for outcome in outcomes for verdict in outcome.verdicts)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in ORDER)


def listing(experiments: Sequence[Experiment]) -> list[str]:
    """Return one line for each experiment: its name, how many of its systems are quick, its title."""
    width = max(len(experiment.name) for experiment in experiments)
    out = []
    for experiment in experiments:
        running = [system for system in experiment.systems if system.strategy]
        quick = sum(system.quick for system in running)
        out.append(f"{experiment.name:<{width}}  {quick:>2} of {len(running):>2} quick  {experiment.title}")
    return out


def markdown(outcomes: Sequence[Outcome]) -> str:
    """Return RESULTS.md."""
    legend = [f"- {verdict}: {MEANING[verdict]}." for verdict in ORDER]
    parts = [HEAD, "\n".join(legend), f"All cells: {summary(outcomes)}."]
    return "\n\n".join(part.strip() for part in [*parts, *map(_section, outcomes)]) + "\n"


def _section(outcome: Outcome) -> str:
    experiment = outcome.experiment
    out = [f"## {experiment.name}", experiment.title + "."]
    out.append("\n".join(f"- {key}: {value}" for key, value in facts(outcome).items()))
    if warned := cautions(outcome):
        out.append("\n".join(f"- Warning: {sentence}" for sentence in warned))
    names, rows = table.columns(outcome), table.rows(outcome)
    heads = ["system", *(f"{name} {kind}" for name in names for kind in ("expected", "measured"))]
    heads += (["p"] if experiment.baseline else []) + ["time", "origin", "command"]
    if tokens := any(system.tokens for system in experiment.systems):
        heads.insert(-2, "tokens")
    grid = [heads, [":--", *("--:" for _ in heads[1:-2]), ":--", ":--"]]
    for row in rows:
        figures = [text for cell in row.cells for text in (cell.expected, f"{cell.measured} {cell.verdict}".strip())]
        line = [row.name, *figures, *([row.p] if experiment.baseline else []), row.seconds]
        line += [*([row.tokens] if tokens else []), row.origin, f"`{row.command}`" if row.command else table.DASH]
        grid.append([text.replace("|", "\\|") for text in line])
    out.append("\n".join(f"| {' | '.join(line)} |" for line in grid))
    out.append("\n".join(f"- {row.name}: {row.note}." for row in rows if row.note))
    return "\n\n".join(part for part in out if part)


def facts(outcome: Outcome) -> dict[str, str]:
    """Return what stands above a table, by heading."""
    experiment = outcome.experiment
    options = ", ".join(f"{key}={value}" for key, value in experiment.data.options.items())
    sizes = "".join(f", {outcome.facts[part]:,} {part}" for part in ("train", "dev", "test") if part in outcome.facts)
    out = {"Source": "; ".join(f"{value}" for value in experiment.source.values())}
    out["Data"] = f"{experiment.data.label}{f' ({options})' if options else ''}{sizes}"
    out |= {"Protocol": experiment.protocol, "Unit": experiment.unit}
    if experiment.budget:
        out["Budget for choosing parameters"] = experiment.budget
    if experiment.baseline:
        out["Baseline of the tests"] = experiment.baseline
    found = list(outcome.measured.values())
    if found:
        out["Measured"] = "; ".join(
            dict.fromkeys(
                f"{run.date} at commit {run.around['commit'][:9] or 'unknown'} on {machine_kind(run.around['machine'])}"
                for run in found
            )
        )
        out["Digest of the products"] = ", ".join(dict.fromkeys(run.digest[:16] for run in found))
    return out
