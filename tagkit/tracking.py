"""Log a comparison or a search for parameters to MLflow: one parent run, one child run per strategy or trial."""

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

from tagkit.experiment._old_result import TEST, Comparison, StrategyResult
from tagkit.experiment.tuned import Tuned
from tagkit.product import Dataset
from tagkit.registry import missing_extra

STORE = "mlruns"
DIGEST = 32
"""How much of the data set's digest the logged input has: MLflow takes 36 characters at most."""
log = logging.getLogger(__name__)


def track(
    comparison: Comparison, *, experiment: str | None = None, uri: str | None = None, artifacts: Iterable[Path] = ()
) -> str:
    """Log a comparison, into the run that `live` began where there is one.

    The parent run holds the set-up and the report's files. Each child holds one strategy's parameters, its figures
    (with the ends of their intervals), its costs and its predictions. All have the data set as logged input, with its
    digest.

    Args:
        comparison: What to log.
        experiment: The MLflow experiment; "tagkit-<data set>" if absent.
        uri: The tracking store; absent: `MLFLOW_TRACKING_URI`, else the SQLite file `mlruns/mlflow.db` below the
            working directory.
        artifacts: Files to keep with the parent run.

    Returns:
        The id of the parent run.

    Raises:
        MissingExtra: MLflow is not installed.
    """
    mlflow = _mlflow()
    begun = mlflow.active_run()
    with nullcontext(begun) if begun else live(comparison.data.name, experiment=experiment, uri=uri) as parent:
        mlflow.set_tags({"data": comparison.data.name, "baseline": comparison.baseline, "kind": "comparison"})
        mlflow.log_params(
            {
                "data": comparison.data.name,
                "data_digest": comparison.data.digest,
                "strategies": ",".join(result.name for result in comparison.results),
                "baseline": comparison.baseline,
                "seed": comparison.seed,
                "samples": comparison.samples,
            }
        )
        data = _data_input(mlflow, comparison.data)
        mlflow.log_input(data, context="comparison")
        for path in artifacts:
            mlflow.log_artifact(str(path))
        for result in comparison.results:
            with mlflow.start_run(run_name=result.name, nested=True):
                mlflow.log_input(data, context="comparison")
                _log_strategy(mlflow, comparison, result)
        return parent.info.run_id


def track_tuned(tuned: Tuned, data: Dataset, *, uri: str | None = None, artifacts: Iterable[Path] = ()) -> str:
    """Log a search for parameters.

    The parent run holds the budget, the best parameters, and the best and the default figure. Each child holds one
    trial: its parameters, its figure or its error, and its seconds. The logged input has train and dev alone.

    Args:
        tuned: What to log.
        data: The data set.
        uri: The tracking store, as in `track`.
        artifacts: Files to keep with the parent run.

    Returns:
        The id of the parent run.

    Raises:
        MissingExtra: MLflow is not installed.
    """
    mlflow = _mlflow()
    metric = metric_name(tuned.measure)
    title = f"tune {tuned.strategy} on {data.name}"
    with live(data.name, uri=uri, title=title) as parent:
        mlflow.set_tags({"data": data.name, "kind": "tuning", "strategy": tuned.strategy})
        budget = {"trials": len(tuned.trials), "measure": tuned.measure, "part": tuned.part, "products": tuned.products}
        mlflow.log_params({"data": data.name, "data_digest": tuned.digest, "seed": tuned.seed} | budget)
        mlflow.log_params({f"space.{name}": text for name, text in tuned.space.items()})
        mlflow.log_params(_params({f"best.{name}": value for name, value in tuned.params.items()}))
        figures = {
            "seconds": tuned.seconds,
            f"{metric}.best": tuned.best.value,
            f"{metric}.default": tuned.default.value,
        }
        mlflow.log_metrics({name: value for name, value in figures.items() if value is not None})
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
        return parent.info.run_id


def live(data: str, *, experiment: str | None = None, uri: str | None = None, title: str = "") -> Any:
    """Begin the parent run of a comparison before the strategies are fitted, so that curves show while they train.

    Args:
        data: The name of the data set.
        experiment: The MLflow experiment; "tagkit-<data set>" if absent.
        uri: The tracking store, as in `track`.
        title: The name of the run; "compare on <data set>" if absent.

    Returns:
        MLflow's active run, to be used in a `with` statement.

    Raises:
        MissingExtra: MLflow is not installed.
    """
    mlflow = _mlflow()
    place = uri or store()
    mlflow.set_tracking_uri(place)
    _select_experiment(mlflow, experiment or f"tagkit-{data}", local=place == default_store())
    return mlflow.start_run(run_name=title or f"compare on {data}")


def store() -> str:
    """Return the address of the store in use: `MLFLOW_TRACKING_URI`, else the default one."""
    return os.environ.get("MLFLOW_TRACKING_URI") or default_store()


def default_store() -> str:
    """Return the address of the SQLite store below the working directory."""
    return f"sqlite:///{(Path.cwd() / STORE / 'mlflow.db').as_posix()}"


def metric_name(measure: str, view: str = TEST) -> str:
    """Return a measure's name as MLflow allows it: `F1@M` becomes `F1_at_M`; other views come before a slash."""
    plain = re.sub(r"[^\w.\- /]", "_", measure.replace("@", "_at_").replace("=", "_")).replace("__", "_")
    return plain if view == TEST else f"{view}/{plain}"


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
    return {key: json.dumps(value, ensure_ascii=False, default=repr)[:500] for key, value in values.items()}


def _log_strategy(mlflow: Any, comparison: Comparison, result: StrategyResult) -> None:
    mlflow.log_params(_params(result.params) | {"refine": ", ".join(result.refine) or "none"})
    figures: dict[str, float] = {}
    for view, cells in comparison.table.items():
        for measure, figure in cells[result.name].items():
            name = metric_name(measure, view)
            figures |= {name: figure.value, f"{name}.low": figure.low, f"{name}.high": figure.high}
            if figure.p is not None:
                figures[f"{name}.p"] = figure.p
    figures |= {"fit_seconds": result.fit_seconds, "predict_seconds": result.predict_seconds}
    figures |= {"items_per_second": result.items_per_second, "unread_characters": float(result.unread)}
    if result.peak_mb is not None:
        figures["peak_mb"] = result.peak_mb
    mlflow.log_metrics({name: value for name, value in figures.items() if value == value})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for product, row in zip(comparison.data.test, result.tags, strict=True):
                body = {"id": product.id, "title": product.title, "gold": list(product.tags)}
                file.write(json.dumps(body | {"tags": [tag.to_dict() for tag in row]}, ensure_ascii=False) + "\n")
        mlflow.log_artifact(str(path))
