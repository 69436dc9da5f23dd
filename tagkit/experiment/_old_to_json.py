"""An outcome as JSON values, for `--json` and for other programs."""

from __future__ import annotations

from typing import Any

from tagkit.experiment._old_spec import Experiment, System
from tagkit.experiment._old_warnings import cautions
from tagkit.experiment.environment import machine_kind
from tagkit.experiment.outcome import Outcome


def to_dict(outcome: Outcome) -> dict[str, Any]:
    """Return the experiment, its rows with the verdict of every cell, and the warnings."""
    body = about(outcome.experiment) | {"facts": dict(outcome.facts)}
    return body | {"systems": [_row(outcome, s) for s in outcome.experiment.systems], "warnings": cautions(outcome)}


def about(experiment: Experiment) -> dict[str, Any]:
    """Return what an experiment is, without its rows."""
    body: dict[str, Any] = {"name": experiment.name, "title": experiment.title, "source": experiment.source}
    body |= {"protocol": experiment.protocol, "data": experiment.data.label, "options": experiment.data.options}
    body |= {"unit": experiment.unit, "measures": list(experiment.measures), "baseline": experiment.baseline}
    return body | {"budget": experiment.budget, "quick": experiment.quick}


def plan(experiment: Experiment, system: System) -> dict[str, Any]:
    """Return what a row would run."""
    out: dict[str, Any] = {"name": system.name, "strategy": system.strategy, "params": system.params}
    out |= {"share": system.share, "leave_out": list(system.leave_out)}
    out |= {"seeds": list(system.seeds), "quick": system.quick, "cites": system.cites, "tokens": system.tokens}
    return out | {"note": system.note, "command": experiment.command(system)}


def _row(outcome: Outcome, system: System) -> dict[str, Any]:
    cells = []
    for name in outcome.names(system):
        expected, figure, verdict, why = outcome.cell(system, name)
        row: dict[str, Any] = {"cell": name, "verdict": verdict}
        if expected:
            row |= {"expected": expected.value, "digits": expected.digits, "tolerance": expected.tolerance}
            row |= {"origin": vars(expected.origin), "expected_spread": expected.spread}
        if figure:
            row |= {"measured" if key == "value" else key: value for key, value in figure.to_dict().items()}
        cells.append(row | ({"why": why} if why else {}))
    out = plan(outcome.experiment, system) | {"cells": cells}
    if found := outcome.measured.get(system.name):
        out |= {"seconds": round(found.seconds, 2), "date": found.date, "commit": found.around["commit"]}
        out |= {"machine": machine_kind(found.around["machine"]), "data_digest": found.digest}
        more = {n: f for n, f in found.cells.items() if n not in outcome.names(system) and f.value == f.value}
        out |= {"also": {n: f.to_dict() for n, f in more.items()}}
        out |= {"peak_mb": found.peak_mb, "kept": found.kept, "notes": list(found.notes)}
    return out
