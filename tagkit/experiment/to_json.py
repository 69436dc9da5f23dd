"""A result as plain JSON values and back: for the store, for `--json` and for other programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from tagkit.errors import BadInput
from tagkit.experiment.result import Result, RowResult, RowRun, Score
from tagkit.experiment.spec import Data, Expected, Experiment, Origin, Row, SelfTraining
from tagkit.measures import parse_all


def to_json(result: Result) -> dict[str, Any]:
    """Return a result without its products and tags; undefined numbers are None, unknown objects their text."""
    rows = {}
    for name, row in result.rows.items():
        runs = [{key: value for key, value in vars(run).items() if key != "tags"} for run in row.runs]
        costs = {key: getattr(row, key) for key in ("fit_seconds", "items_per_second", "peak_mb", "n_truncated_chars")}
        rows[name] = vars(row) | {"runs": runs} | costs
    body = {"experiment": experiment_to_json(result.experiment), "sizes": result.sizes, "licence": result.licence}
    body |= {"rows": rows}
    body["scores"] = {
        view: {name: {measure: vars(score) for measure, score in cells.items()} for name, cells in table.items()}
        for view, table in result.scores.items()
    }
    body |= {"failed": result.failed, "not_set_up": result.not_set_up, "skipped": result.skipped}
    plain: dict[str, Any] = to_plain(body | {"warnings": result.warnings})
    return plain


def from_json(kind: type[Result], body: Mapping[str, Any], experiment: Experiment | None) -> Any:
    """Build a result from what `to_json` returned (see `Result.from_json`)."""
    try:
        rows = {}
        for name, row in body["rows"].items():
            runs = tuple(RowRun(**run) for run in row["runs"])
            known = {field.name: row[field.name] for field in fields(RowResult) if field.name in row}
            lists = {key: tuple(row[key]) for key in ("refine", "overlap", "notes")}
            rows[name] = RowResult(**known | {"runs": runs} | lists)
        scores = {
            view: {name: {m: _score(score) for m, score in cells.items()} for name, cells in table.items()}
            for view, table in body["scores"].items()
        }
        why = {key: body[key] for key in ("failed", "not_set_up", "skipped")}
        experiment = experiment or experiment_from_json(body["experiment"])
        return kind(experiment, rows, scores, **why, sizes=body["sizes"], licence=body["licence"])
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"this is not a stored result: {error!r}") from error


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


def _score(body: Mapping[str, Any]) -> Score:
    cells: dict[str, Any] = {k: math.nan if v is None and k in ("value", "low", "high") else v for k, v in body.items()}
    return Score(**cells)
