"""An experiment as plain JSON values and back: for the store, for `--json` and for other programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from tagkit.experiment.expected import Expected, Origin
from tagkit.experiment.spec import Data, Experiment, Row, SelfTraining
from tagkit.measures import parse_all


def experiment_to_json(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment as plain JSON values."""
    body = {field.name: getattr(experiment, field.name) for field in fields(Experiment)}
    body["measures"] = {str(measure): measure.better for measure in experiment.measures}
    body["data"] = vars(experiment.data)
    rows = []
    for row in experiment.rows:
        about = {field.name: getattr(row, field.name) for field in fields(Row) if field.name != "tagger"}
        about["expected"] = {cell: asdict(found) if found else None for cell, found in row.expected.items()}
        about["self_training"] = vars(row.self_training) if row.self_training else None
        rows.append(about | {"command": experiment.command(row)})
    plain: dict[str, Any] = to_plain(body | {"rows": rows})
    return plain


def experiment_from_json(body: Mapping[str, Any]) -> Experiment:
    """Build an experiment from what `experiment_to_json` returned."""
    rows = []
    for about in body["rows"]:
        row = dict(about)
        row["expected"] = {
            cell: Expected(**found | {"origin": Origin(**found["origin"])}) if found else None
            for cell, found in row["expected"].items()
        }
        row["self_training"] = SelfTraining(**row["self_training"]) if row["self_training"] else None
        row |= {key: tuple(row[key]) for key in ("of", "seeds")}
        row["refine"] = None if row["refine"] is None else tuple(row["refine"])
        row["file"] = Path(row["file"]) if row["file"] else None
        row["command"] = "" if row["strategy"] else row["command"]  # otherwise it follows from the rest
        rows.append(Row(**row))
    data = dict(body["data"])
    data |= {"titles": tuple(data["titles"]), "file": Path(data["file"]) if data["file"] else None}
    files = {key: Path(body[key]) if body[key] else None for key in ("file", "data_file")}
    measures = tuple(parse_all(list(body["measures"])))
    return Experiment(**dict(body) | {"data": Data(**data), "rows": tuple(rows), "measures": measures} | files)


def to_plain(value: Any) -> Any:
    """Return a value with only what JSON has: undefined numbers become None, unknown objects their text."""
    if isinstance(value, Mapping):
        return {str(key): to_plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return value.as_posix()
    return value if isinstance(value, (str, int, bool, type(None))) else repr(value)
