"""Log results and searches for parameters to MLflow: one parent run, and one child run per row or trial."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tagkit.experiment.result import Result
from tagkit.experiment.spec import Experiment
from tagkit.experiment.tuned import Tuned
from tagkit.product import Dataset
from tagkit.tracking.content import inputs_of, metric_name, to_params
from tagkit.tracking.tracker import Tracker, default_store

__all__ = ["Tracker", "default_store", "log_result", "log_tuned", "metric_name", "of_experiment"]
REPRODUCE = "tagkit-reproduce"
"""The MLflow experiment of experiments that are read from a file."""


def log_result(
    result: Result, *, experiment: str | None = None, uri: str | None = None, artifacts: Iterable[Path] = ()
) -> str:
    """Log a result.

    The parent run holds the set-up, the scores of the best row and the report's files. Each child holds one row: its
    parameters, its scores in the unit of the experiment, its costs and its predictions. Behind the prefixes `interval`,
    `p`, `sd` and `expected` are the ends of intervals, p-values, standard deviations over runs and expected scores; the
    verdicts are tags behind `verdict.`. All carry the git commit, the digest of constraints.txt, the digest of the
    products and the hardware as tags, and the products as logged input.

    Args:
        result: What to log.
        experiment: The MLflow experiment; default: "tagkit-DATA", or "tagkit-reproduce" for one that has a file.
        uri: The tracking store, as in `Tracker`.
        artifacts: Files to keep with the parent run.

    Returns:
        The id of the parent run; "" where no row ran.

    Raises:
        MissingExtra: MLflow is not installed.
        TrackingFailed: The store cannot be used.
    """
    if not result.rows:
        return ""
    with of_experiment(result.experiment, name=experiment, uri=uri) as run:
        run.log(result, artifacts=artifacts)
        return run.run_id


def of_experiment(experiment: Experiment, *, name: str | None = None, uri: str | None = None) -> Tracker:
    """Return the tracker of an experiment, not yet begun; those of files share one MLflow experiment by default."""
    if experiment.file is None:
        return Tracker(experiment.data.label, experiment=name, uri=uri)
    return Tracker(experiment.data.label, experiment=name or REPRODUCE, uri=uri, title=experiment.name)


def log_tuned(tuned: Tuned, data: Dataset, *, uri: str | None = None, artifacts: Iterable[Path] = ()) -> Tracker:
    """Log a search for parameters.

    The parent run holds the budget, the best parameters, and the best and the default score. Each child holds one
    trial: its parameters, its score or its error, and its seconds. The logged input has train and dev alone.

    Args:
        tuned: What to log.
        data: The data set.
        uri: The tracking store, as in `Tracker`.
        artifacts: Files to keep with the parent run.

    Returns:
        What says where it is.

    Raises:
        MissingExtra: MLflow is not installed.
        TrackingFailed: The store cannot be used.
    """
    metric = metric_name(tuned.measure)
    title = f"tune {tuned.strategy} on {data.name}"
    with Tracker(data.name, uri=uri, title=title) as parent, parent.failing():
        mlflow = parent.mlflow
        mlflow.set_tags({"data": data.name, "kind": "tuning", "strategy": tuned.strategy})
        budget = {"trials": len(tuned.trials), "measure": tuned.measure, "part": tuned.part, "products": tuned.products}
        mlflow.log_params({"data": data.name, "data_digest": tuned.digest, "seed": tuned.seed} | budget)
        mlflow.log_params({f"space.{name}": text for name, text in tuned.space.items()})
        mlflow.log_params(to_params({f"best.{name}": value for name, value in tuned.params.items()}))
        scores = {
            "seconds": tuned.seconds,
            f"{metric}.best": tuned.best.value,
            f"{metric}.default": tuned.default.value,
        }
        mlflow.log_metrics({name: value for name, value in scores.items() if value is not None})
        parent.client.log_inputs(parent.run_id, inputs_of(mlflow, data.with_parts(test=()), "tuning"))
        for path in artifacts:
            mlflow.log_artifact(str(path))
        for trial in tuned.trials:
            mlflow.start_run(run_name=f"trial {trial.number}", nested=True)
            mlflow.log_params(to_params({**tuned.fixed, **trial.params}))
            mlflow.log_metrics({"seconds": trial.seconds} | ({} if trial.value is None else {metric: trial.value}))
            if trial.error:
                mlflow.set_tag("error", trial.error)
            if trial.repeats is not None:
                mlflow.set_tag("repeats", f"trial {trial.repeats}")
            mlflow.end_run("FAILED" if trial.error else "FINISHED")
        return parent
