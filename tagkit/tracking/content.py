"""What is logged of a result: names, parameters, scores and tags as MLflow takes them, products, predictions."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagkit.experiment.record import RowResult
from tagkit.experiment.result import Result
from tagkit.experiment.spec import TEST, Row
from tagkit.product import Dataset

DIGEST = 32
"""How much of the data set's digest the logged input has: MLflow takes 36 characters at most."""
MOST = 100
"""How many characters of each part of a name are kept: MLflow takes 250 in all."""


def metric_name(measure: str, view: str = TEST) -> str:
    """Return a measure's name as MLflow allows it: `F1@M` becomes `F1_at_M`; other views come before a slash."""
    plain = _valid(measure.replace("@", "_at_").replace("=", "_")).replace("__", "_")
    return plain if view == TEST else f"{_valid(view)}/{plain}"


def _valid(name: str) -> str:
    return re.sub(r"[^\w.\- ]|^\.+$", "_", name)[:MOST]


def inputs_of(mlflow: Any, data: Dataset, context: str) -> list[Any]:
    """Return all parts as one logged input: MLflow keeps only one of the same name and digest."""
    import pandas as pd

    parts = {"train": data.train, "dev": data.dev, "test": data.test}
    rows = [(p.id, p.title, json.dumps(p.tags, ensure_ascii=False), part) for part in parts for p in parts[part]]
    frame = pd.DataFrame(rows, columns=["id", "title", "tags", "split"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mlflow.data.from_pandas(frame, name=data.name, digest=data.digest[:DIGEST]).to_dict()
    tag = mlflow.entities.InputTag("mlflow.data.context", context)
    return [mlflow.entities.DatasetInput(mlflow.entities.Dataset(**found), [tag])]


def to_params(values: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as texts: a text as it is, anything else as JSON, cut after the 500 characters of MLflow."""
    texts = {k: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=repr) for k, v in values.items()}
    return {key: text[:500] for key, text in texts.items()}


def origin_tags(row: RowResult) -> dict[str, str]:
    """Return what a row's result comes from: the commit, the locked packages, the machine and the products."""
    machine = {f"machine.{key}": str(value) for key, value in row.environment["machine"].items()}
    lock = {"git_commit": row.environment["commit"], "constraints_sha256": row.environment["constraints"]}
    return lock | machine | {"data_digest": row.digest}


def row_content(
    result: Result, row: Row, found: RowResult
) -> tuple[dict[str, Any], dict[str, float | None], dict[str, str]]:
    """Return the parameters, the metrics and the tags of a row."""
    experiment = result.experiment
    tags = origin_tags(found) | {"command": experiment.command(row)}
    params = {"strategy": row.strategy, "seeds": row.seeds, "folds": row.folds, "share": row.share}
    params |= dict(found.params) | {"refine": ", ".join(found.refine) or "none"}
    metrics: dict[str, float | None] = {}
    for view, rows in result.scores.items():
        for measure, raw in rows.get(row.name, {}).items():
            score, name = raw.scaled(experiment.scale), metric_name(measure, view)
            metrics |= {name: score.value, f"interval/{name}.low": score.low, f"interval/{name}.high": score.high}
            metrics |= {f"p/{name}": score.p, f"sd/{name}": score.sd}
    for cell in experiment.cells(row) if row.expected else ():
        view, _, measure = cell.rpartition("/")
        said = result.cell(row, cell)
        name = metric_name(measure, view or TEST)
        tags[f"verdict.{name}"] = said.verdict
        metrics[f"expected/{name}"] = said.expected.value if said.expected else None
    metrics |= {"fit_seconds": found.fit_seconds, "seconds": found.seconds}
    metrics |= {"predict_seconds": found.seconds - sum(run.fit_seconds for run in found.runs)}
    metrics |= {"items_per_second": found.items_per_second, "peak_mb": found.peak_mb}
    metrics |= {"n_truncated_chars": float(found.n_truncated_chars)}
    return params, metrics, tags


def write_predictions(result: Result, row: str, path: Path) -> None:
    """Write the tags of each test product of a row as JSON lines."""
    with path.open("w", encoding="utf-8", errors="replace") as file:
        for product, tags in zip(result.datasets[row].test, result.tags(row), strict=True):
            body = {"id": product.id, "title": product.title, "gold": list(product.tags)}
            file.write(json.dumps(body | {"tags": [tag.to_dict() for tag in tags]}, ensure_ascii=False) + "\n")
