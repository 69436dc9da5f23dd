"""Log results and searches for parameters to MLflow: one parent run, and one child run per row or trial."""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tagkit.console import one_line
from tagkit.experiment.record import RowResult
from tagkit.experiment.result import Result
from tagkit.experiment.spec import TEST, Row
from tagkit.experiment.tuned import Tuned
from tagkit.product import Dataset
from tagkit.registry import missing_extra

STORE = "mlruns"
REPRODUCE = "tagkit-reproduce"
"""The MLflow experiment of experiments that are read from a file."""
DIGEST = 32
"""How much of the data set's digest the logged input has: MLflow takes 36 characters at most."""
MOST = 100
"""How many characters of each part of a name are kept: MLflow takes 250 in all."""
log = logging.getLogger(__name__)


def log_result(
    result: Result, *, experiment: str | None = None, uri: str | None = None, artifacts: Iterable[Path] = ()
) -> str:
    """Log a result, into the run that `start` began where there is one.

    The parent run holds the set-up and the report's files. Each child holds one row: its parameters, its scores in the
    unit of the experiment (with the ends of their intervals, p-values and standard deviations), its costs and its
    predictions; with expected scores, those behind `.expected`, and the verdicts as tags behind `verdict.`. All carry
    the git commit, the digest of constraints.txt, the digest of the products and the hardware as tags, and the
    products as logged input.

    Args:
        result: What to log.
        experiment: The MLflow experiment; default: "tagkit-DATA", or "tagkit-reproduce" for one that has a file.
        uri: The tracking store; default: `MLFLOW_TRACKING_URI`, else the SQLite file `mlruns/mlflow.db` below the
            working directory.
        artifacts: Files to keep with the parent run.

    Returns:
        The id of the parent run; "" where no row ran.

    Raises:
        MissingExtra: MLflow is not installed.
    """
    if not result.rows:
        return ""
    mlflow = _mlflow()
    about = result.experiment
    of_file = about.file is not None
    title = about.name if of_file else f"compare on {about.data.label}"
    experiment = experiment or (REPRODUCE if of_file else None)
    begun = mlflow.active_run()
    with (
        nullcontext(begun) if begun else start(about.data.label, experiment=experiment, uri=uri, title=title) as parent
    ):
        first = next(iter(result.rows.values()))
        kind = "reproduction" if of_file else "comparison"
        mlflow.set_tags({"kind": kind, "data": about.data.label, "baseline": about.baseline} | _tags(first))
        setup: dict[str, Any] = {"data": about.data.label, "data_digest": first.digest, "options": about.data.options}
        setup |= {"rows": ",".join(result.rows), "baseline": about.baseline}
        mlflow.log_params(_params(setup | {"seed": about.seed, "samples": about.samples}))
        data = _data_input(mlflow, result.data) if result.data else None
        if data is not None:
            mlflow.log_input(data, context=kind)
        for path in artifacts:
            mlflow.log_artifact(str(path))
        for name, row in result.rows.items():
            with mlflow.start_run(run_name=name, nested=True):
                if data is not None:
                    mlflow.log_input(data, context=kind)
                _log_row(mlflow, result, about.row(name), row)
        return str(parent.info.run_id)


def log_tuned(tuned: Tuned, data: Dataset, *, uri: str | None = None, artifacts: Iterable[Path] = ()) -> str:
    """Log a search for parameters.

    The parent run holds the budget, the best parameters, and the best and the default score. Each child holds one
    trial: its parameters, its score or its error, and its seconds. The logged input has train and dev alone.

    Args:
        tuned: What to log.
        data: The data set.
        uri: The tracking store, as in `log_result`.
        artifacts: Files to keep with the parent run.

    Returns:
        The id of the parent run.

    Raises:
        MissingExtra: MLflow is not installed.
    """
    mlflow = _mlflow()
    metric = metric_name(tuned.measure)
    title = f"tune {tuned.strategy} on {data.name}"
    with start(data.name, uri=uri, title=title) as parent:
        mlflow.set_tags({"data": data.name, "kind": "tuning", "strategy": tuned.strategy})
        budget = {"trials": len(tuned.trials), "measure": tuned.measure, "part": tuned.part, "products": tuned.products}
        mlflow.log_params({"data": data.name, "data_digest": tuned.digest, "seed": tuned.seed} | budget)
        mlflow.log_params({f"space.{name}": text for name, text in tuned.space.items()})
        mlflow.log_params(_params({f"best.{name}": value for name, value in tuned.params.items()}))
        scores = {
            "seconds": tuned.seconds,
            f"{metric}.best": tuned.best.value,
            f"{metric}.default": tuned.default.value,
        }
        mlflow.log_metrics({name: value for name, value in scores.items() if value is not None})
        mlflow.log_input(_data_input(mlflow, data.with_parts(test=())), context="tuning")
        for path in artifacts:
            mlflow.log_artifact(str(path))
        for trial in tuned.trials:
            mlflow.start_run(run_name=f"trial {trial.number}", nested=True)
            mlflow.log_params(_params({**tuned.fixed, **trial.params}))
            mlflow.log_metrics({"seconds": trial.seconds} | ({} if trial.value is None else {metric: trial.value}))
            if trial.error:
                mlflow.set_tag("error", trial.error)
            if trial.repeats is not None:
                mlflow.set_tag("repeats", f"trial {trial.repeats}")
            mlflow.end_run("FAILED" if trial.error else "FINISHED")
        return str(parent.info.run_id)


def start(data: str, *, experiment: str | None = None, uri: str | None = None, title: str = "") -> Any:
    """Begin a parent run, perhaps before anything is fitted, so that curves show while networks are trained.

    Args:
        data: The name of the data set.
        experiment: The MLflow experiment; default: "tagkit-DATA".
        uri: The tracking store, as in `log_result`.
        title: The name of the run; default: "compare on DATA".

    Returns:
        MLflow's active run, to be used in a `with` statement.

    Raises:
        MissingExtra: MLflow is not installed.
    """
    mlflow = _mlflow()
    place = uri or store()
    mlflow.set_tracking_uri(place)
    _select_experiment(mlflow, one_line(experiment or f"tagkit-{data}"), local=place == default_store())
    return mlflow.start_run(run_name=one_line(title or f"compare on {data}"))


def store() -> str:
    """Return the address of the store in use: `MLFLOW_TRACKING_URI`, else the default one."""
    return os.environ.get("MLFLOW_TRACKING_URI") or default_store()


def default_store() -> str:
    """Return the address of the SQLite store below the working directory."""
    return f"sqlite:///{(Path.cwd() / STORE / 'mlflow.db').as_posix()}"


def metric_name(measure: str, view: str = TEST) -> str:
    """Return a measure's name as MLflow allows it: `F1@M` becomes `F1_at_M`; other views come before a slash."""
    plain = _valid(measure.replace("@", "_at_").replace("=", "_")).replace("__", "_")
    return plain if view == TEST else f"{_valid(view)}/{plain}"


def _valid(name: str) -> str:
    return re.sub(r"[^\w.\- ]|^\.+$", "_", name)[:MOST]


def _mlflow() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import mlflow
    except ModuleNotFoundError as error:
        raise missing_extra(error, "tracking") from error
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    return mlflow


def _select_experiment(mlflow: Any, name: str, *, local: bool) -> None:
    """Choose the experiment, making it with its artefacts beside the store when the store is the default one."""
    if local:
        folder = Path.cwd() / STORE
        folder.mkdir(exist_ok=True)
        if mlflow.get_experiment_by_name(name) is None:
            mlflow.create_experiment(name, artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment(name)


def _data_input(mlflow: Any, data: Dataset) -> Any:
    """Return all parts as one data set: MLflow keeps only one input of the same name and digest."""
    import pandas as pd

    parts = {"train": data.train, "dev": data.dev, "test": data.test}
    rows = [(p.id, p.title, json.dumps(p.tags, ensure_ascii=False), part) for part in parts for p in parts[part]]
    frame = pd.DataFrame(rows, columns=["id", "title", "tags", "split"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mlflow.data.from_pandas(frame, name=data.name, digest=data.digest[:DIGEST])


def _params(values: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as texts: a text as it is, anything else as JSON, cut after the 500 characters of MLflow."""
    texts = {k: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=repr) for k, v in values.items()}
    return {key: text[:500] for key, text in texts.items()}


def _tags(row: RowResult) -> dict[str, str]:
    machine = {f"machine.{key}": str(value) for key, value in row.environment["machine"].items()}
    lock = {"git_commit": row.environment["commit"], "constraints_sha256": row.environment["constraints"]}
    return lock | machine | {"data_digest": row.digest}


def _log_row(mlflow: Any, result: Result, row: Row, found: RowResult) -> None:
    experiment = result.experiment
    mlflow.set_tags(_tags(found) | {"command": experiment.command(row)})
    params = {"strategy": row.strategy, "seeds": row.seeds, "folds": row.folds, "share": row.share}
    mlflow.log_params(_params(params | dict(found.params)) | {"refine": ", ".join(found.refine) or "none"})
    metrics: dict[str, float | None] = {}
    for view, rows in result.scores.items():
        for measure, raw in rows.get(row.name, {}).items():
            score, name = raw.scaled(experiment.scale), metric_name(measure, view)
            metrics |= {name: score.value, f"{name}.low": score.low, f"{name}.high": score.high}
            metrics |= {f"{name}.p": score.p, f"{name}.sd": score.sd}
    for cell in experiment.cells(row) if row.expected else ():
        view, _, measure = cell.rpartition("/")
        said = result.cell(row, cell)
        name = metric_name(measure, view or TEST)
        mlflow.set_tag(f"verdict.{name}", said.verdict)
        metrics[f"{name}.expected"] = said.expected.value if said.expected else None
    metrics |= {"fit_seconds": found.fit_seconds, "seconds": found.seconds}
    metrics |= {"predict_seconds": found.seconds - sum(run.fit_seconds for run in found.runs)}
    metrics |= {"items_per_second": found.items_per_second, "peak_mb": found.peak_mb}
    metrics |= {"n_truncated_chars": float(found.n_truncated_chars)}
    mlflow.log_metrics({name: value for name, value in metrics.items() if value is not None and value == value})
    if row.name not in result.datasets:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for product, tags in zip(result.datasets[row.name].test, result.tags(row.name), strict=True):
                body = {"id": product.id, "title": product.title, "gold": list(product.tags)}
                file.write(json.dumps(body | {"tags": [tag.to_dict() for tag in tags]}, ensure_ascii=False) + "\n")
        mlflow.log_artifact(str(path))
