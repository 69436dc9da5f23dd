"""One row per system, as plain texts that the Markdown and the HTML report share."""

from __future__ import annotations

from dataclasses import dataclass

from tagkit.experiment._old_spec import System
from tagkit.experiment.outcome import Outcome
from tagkit.experiment.verdict import NEW, SKIPPED, written

DASH = "–"
DIGITS = 2
"""Digits of a figure beside which none is expected."""


@dataclass(frozen=True)
class Cell:
    """What is written of one cell.

    Attributes:
        expected: The expected figure, with its spread.
        measured: The measured one, with its spread or half its interval.
        verdict: What is said of it.
        why: The reason, where it was not measured.
    """

    expected: str
    measured: str
    verdict: str
    why: str


@dataclass(frozen=True)
class Row:
    """What is written of one system."""

    name: str
    quick: bool
    cells: tuple[Cell, ...]
    p: str
    seconds: str
    tokens: str
    origin: str
    command: str
    note: str


def columns(outcome: Outcome) -> list[str]:
    """Return the names of the cells that some system has, in order."""
    return list(dict.fromkeys(name for s in outcome.experiment.systems for name in outcome.names(s)))


def rows(outcome: Outcome) -> list[Row]:
    """Return the rows, in the order of the experiment's file."""
    out, names = [], columns(outcome)
    for system in outcome.experiment.systems:
        found = outcome.measured.get(system.name)
        known = outcome.names(system)
        cells = tuple(cell(outcome, system, name) if name in known else Cell(DASH, DASH, "", "") for name in names)
        origins = dict.fromkeys(str(value.origin) for value in system.expected.values() if value)
        figure = found.cells.get(outcome.experiment.measures[0]) if found else None
        notes = [system.cites, system.note, *(found.notes if found else ())]
        if found and found.kept:
            notes.append("taken up from a stopped command")
        if system.name in outcome.broken:
            notes.append(f"FAIL: {outcome.broken[system.name]}")
        elif not found and system.strategy:
            notes.append(f"not run: {outcome.skipped.get(system.name, 'not asked for')}")
        if system.name == outcome.experiment.baseline:
            p = "baseline"
        else:
            p = f"{figure.p:.3f}" if figure and figure.p is not None else DASH
        out.append(
            Row(
                name=system.name,
                quick=system.quick,
                cells=cells,
                p=p,
                seconds=seconds(outcome, system),
                tokens=f"{system.tokens:,}" if system.tokens else DASH,
                origin="; ".join(origins) or DASH,
                command=outcome.experiment.command(system),
                note="; ".join(note for note in notes if note),
            )
        )
    return out


def cell(outcome: Outcome, system: System, name: str) -> Cell:
    """Return what is written of one cell."""
    expected, figure, verdict, why = outcome.cell(system, name)
    digits = expected.digits if expected else DIGITS if outcome.experiment.scale == 100 else DIGITS + 2
    left = DASH
    if expected:
        spread = f" ± {written(expected.spread, digits)}" if expected.spread is not None else ""
        left = written(expected.value, digits) + spread
    right = DASH
    if figure:
        right = written(figure.value, digits)
        if figure.spread is not None:
            right += f" ± {written(figure.spread, digits)}"
        elif figure.low is not None and figure.high is not None:
            right += f" [{written(figure.low, digits)}, {written(figure.high, digits)}]"
    shown = "" if verdict in (NEW, SKIPPED) and not figure and not expected else verdict
    return Cell(left, right, shown, why)


def seconds(outcome: Outcome, system: System) -> str:
    """Return the time that a system took here, else the time that its expected figures are said to have taken."""
    if found := outcome.measured.get(system.name):
        return duration(found.seconds)
    reported = [
        value.origin.seconds for value in system.expected.values() if value and value.origin.seconds is not None
    ]
    return f"({duration(max(reported))})" if reported else DASH


def duration(value: float) -> str:
    """Write a time with two figures."""
    if value >= 120:
        return f"{value / 60:,.0f} min"
    return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s" if value >= 1 else f"{value:.2f} s"
