"""What was measured, kept beside the experiments, so that a report holds rows of several commands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tagkit.errors import BadInput
from tagkit.experiment._old_spec import Experiment, System
from tagkit.experiment.outcome import Measured, Outcome

FOLDER = Path("results") / "reproduced"


def remember(outcome: Outcome, folder: Path) -> Outcome:
    """Write what was measured, and return it together with what earlier commands measured.

    A row of an earlier command stays as long as its strategy, its parameters and its data are asked for as they were.

    Args:
        outcome: What a command gave; rows that ran replace those of the file.
        folder: The folder of experiments.

    Raises:
        BadInput: The file of earlier rows is broken.
    """
    merged = merge(outcome, folder)
    rows = {
        system.name: {"fingerprint": _fingerprint(outcome.experiment, system)} | merged.measured[system.name].to_dict()
        for system in outcome.experiment.systems
        if system.name in merged.measured
    }
    path = folder / FOLDER / f"{outcome.experiment.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {"facts": dict(merged.facts), "rows": rows}
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return merged


def merge(outcome: Outcome, folder: Path) -> Outcome:
    """Return an outcome with the rows of earlier commands for those systems that it does not have.

    Args:
        outcome: What a command gave, perhaps nothing.
        folder: The folder of experiments.

    Raises:
        BadInput: The file of earlier rows is broken.
    """
    experiment = outcome.experiment
    path = folder / FOLDER / f"{experiment.name}.json"
    if not path.is_file():
        return outcome
    measured: dict[str, Measured] = dict(outcome.measured)
    try:
        body: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for system in experiment.systems:
            row = dict(body["rows"].get(system.name, {}))
            fits = row.pop("fingerprint", "") == _fingerprint(experiment, system)
            if fits and system.name not in measured and system.name not in outcome.broken:
                measured[system.name] = Measured.from_dict(row)
        facts = outcome.facts or body["facts"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} is not what an earlier report wrote ({error!r}): remove it") from error
    return replace(outcome, measured=measured, facts=facts)


def _fingerprint(experiment: Experiment, system: System) -> str:
    data = experiment.data
    what = [data.name, data.file.name if data.file else "", data.options, data.titles, system.fingerprint]
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()[:16]
