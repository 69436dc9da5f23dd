"""Log results and searches for parameters to MLflow: one parent run, and one child run per row or trial."""

from __future__ import annotations

import json
import logging
import os
import platform
import re
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psutil

from tagkit.console import one_line
from tagkit.errors import TrackingFailed, reason
from tagkit.experiment.record import RowResult
from tagkit.experiment.result import Result
from tagkit.experiment.spec import TEST, Experiment, Row
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
SECONDS = 5
"""How long an answer of a tracking server is waited for, unless MLflow's own variables say otherwise."""
DESCRIPTION = 5000
"""How many characters of a description are kept, whole lines of it."""
log = logging.getLogger(__name__)


class Tracker:
    """The MLflow run of a command, which the runs of rows are children of.

    It is active from `with` on, so that curves show while networks are trained. Runs that a killed command of tagkit on
    this machine left behind are marked as killed first. While rows run, a server that fails costs a warning, and
    nothing more is logged.

    Args:
        data: The name of the data set.
        experiment: The MLflow experiment; default: "tagkit-DATA".
        uri: The tracking store; default: `MLFLOW_TRACKING_URI`, else the SQLite file `mlruns/mlflow.db` below the
            working directory.
        title: The name of the run; default: "compare on DATA".

    Attributes:
        run_id: The id of the run.
        experiment_id: That of the MLflow experiment.

    Raises:
        MissingExtra: MLflow is not installed.
        TrackingFailed: The store cannot be used.
    """

    def __init__(self, data: str, *, experiment: str | None = None, uri: str | None = None, title: str = "") -> None:
        self.mlflow = _mlflow()
        self.uri = uri or store()
        self.name = one_line(experiment or f"tagkit-{data}")
        self.title = one_line(title or f"compare on {data}")
        self.rows: dict[str, str] = {}
        self.lost = False
        process = psutil.Process()
        self.owner = {"tagkit.host": platform.node(), "tagkit.process": f"{process.pid} {process.create_time():.0f}"}

    def __enter__(self) -> Self:
        """Begin the run."""
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(SECONDS))
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        self.mlflow.set_tracking_uri(self.uri)
        with self.failing():
            self.experiment_id = _select_experiment(self.mlflow, self.name, local=self.uri == default_store())
            self.client = self.mlflow.MlflowClient()
            self._mark_killed()
            self.run_id: str = self.mlflow.start_run(run_name=self.title, tags=self.owner).info.run_id
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        """End the run."""
        self._end("FINISHED" if kind is None else "KILLED" if kind is KeyboardInterrupt else "FAILED")

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Turn what MLflow raises into one sentence."""
        try:
            yield
        except Exception as error:
            self.lost = True
            raise TrackingFailed(f"nothing more is logged: MLflow at {self.uri} failed: {_reason(error)}") from error

    @contextmanager
    def row(self, row: Row) -> Iterator[None]:
        """Give a row a run of its own, which is active meanwhile."""
        try:
            if not self.lost:
                with self.failing():
                    active = self.mlflow.start_run(run_name=one_line(row.name), nested=True, tags=self.owner)
                self.rows[row.name] = active.info.run_id
        except TrackingFailed as error:
            log.warning("%s", error)
        status = "FINISHED"
        try:
            yield
        except BaseException as error:
            status = "FAILED" if isinstance(error, Exception) else "KILLED"
            raise
        finally:
            if row.name in self.rows:
                self._end(status)

    def _end(self, status: str) -> None:
        if self.lost:
            os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "1"  # it did not answer before
        try:
            self.mlflow.end_run(status)
        except Exception as error:
            if not self.lost:
                log.warning("MLflow at %s failed: %s", self.uri, _reason(error))
            self.lost = True

    def _mark_killed(self) -> None:
        """Mark runs of tagkit whose process on this machine has ended as killed."""
        found = self.client.search_experiments(filter_string="name LIKE 'tagkit-%'")
        running = f"attributes.status = 'RUNNING' and tags.`tagkit.host` = '{platform.node()}'"
        for run in self.client.search_runs([one.experiment_id for one in found], running) if found else ():
            pid, _, started = run.data.tags.get("tagkit.process", "").partition(" ")
            with suppress(psutil.NoSuchProcess, ValueError):
                if f"{psutil.Process(int(pid)).create_time():.0f}" == started:
                    continue
            self.client.set_terminated(run.info.run_id, "KILLED")

    def where(self) -> str:
        """Say how to look at the runs; without `/runs`, MLflow 3 opens a page of traces, of which there are none."""
        page = f"#/experiments/{self.experiment_id}/runs"
        if self.uri.startswith("http"):
            return f"{self.uri.rstrip('/')}/{page}"
        return f"mlflow ui --backend-store-uri {self.uri}\nthen open http://127.0.0.1:5000/{page}"

    def log(
        self, result: Result, *, description: str = "", artifacts: Iterable[Path] = (), save_models: bool = False
    ) -> None:
        """Log a result into the run, and each of its rows into the row's own.

        Args:
            result: What to log.
            description: Of the run, in Markdown.
            artifacts: Files to keep with the run.
            save_models: Whether to keep the fitted pipeline of each row, as `tagkit tag --model` reads it.

        Raises:
            TrackingFailed: The store fails.
        """
        if self.lost or not result.rows:
            return
        about, first = result.experiment, next(iter(result.rows.values()))
        kind = "comparison" if about.file is None else "reproduction"
        best = next((name for name in result.order() if name in result.rows), "")
        tags = {"kind": kind, "data": about.data.label, "baseline": about.baseline, "best": best} | _tags(first)
        lines, size = [], 0
        for line in description.splitlines():
            size += len(line) + 1
            lines += [line] if size <= DESCRIPTION else []
        setup: dict[str, Any] = {"data": about.data.label, "data_digest": first.digest, "options": about.data.options}
        setup |= {"rows": ",".join(result.rows), "baseline": about.baseline}
        setup |= {"seed": about.seed, "samples": about.samples}
        scores = result.scores.get(TEST, {}).get(best, {})
        figures = {metric_name(name): score.scaled(about.scale).value for name, score in scores.items()}
        with self.failing():
            inputs = _inputs(self.mlflow, result.data, kind) if result.data else []
            tags |= {"mlflow.note.content": "\n".join(lines)} if lines else {}
            self._write(self.run_id, setup, figures, tags, inputs)
            for path in artifacts:
                self.client.log_artifact(self.run_id, str(path))
            for name, row in result.rows.items():
                child = self.rows.get(name) or self._past_run(name, row.seconds)
                self._write(child, *_row_content(result, about.row(name), row), inputs)
                if name in result.datasets:
                    with tempfile.TemporaryDirectory() as folder:
                        _write_predictions(result, name, Path(folder) / "predictions.jsonl")
                        if save_models:
                            result.tagger(name).save(Path(folder) / "model")
                        self.client.log_artifacts(child, folder)
            for name, reason in result.failed.items():
                if name in self.rows:
                    self.client.set_tag(self.rows[name], "error", reason[:DESCRIPTION])

    def _past_run(self, name: str, seconds: float) -> str:
        """Return a run for a row that ran before, as if it ended now."""
        now = round(1000 * time.time())
        tags = {"mlflow.parentRunId": self.run_id, "mlflow.source.name": "tagkit"}
        made = self.client.create_run(self.experiment_id, now - round(1000 * seconds), tags, one_line(name))
        self.client.set_terminated(made.info.run_id, "FINISHED", now)
        return str(made.info.run_id)

    def _write(
        self,
        run_id: str,
        params: Mapping[str, Any],
        metrics: Mapping[str, float | None],
        tags: Mapping[str, str],
        inputs: list[Any],
    ) -> None:
        entities, now = self.mlflow.entities, round(1000 * time.time())
        numbers = {name: value for name, value in metrics.items() if value is not None and value == value}
        self.client.log_batch(
            run_id,
            [entities.Metric(name, value, now, 0) for name, value in numbers.items()],
            [entities.Param(name, value) for name, value in _params(params).items()],
            [entities.RunTag(name, value[:DESCRIPTION]) for name, value in tags.items()],
        )
        if inputs:
            self.client.log_inputs(run_id, inputs)


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
        mlflow.log_params(_params({f"best.{name}": value for name, value in tuned.params.items()}))
        scores = {
            "seconds": tuned.seconds,
            f"{metric}.best": tuned.best.value,
            f"{metric}.default": tuned.default.value,
        }
        mlflow.log_metrics({name: value for name, value in scores.items() if value is not None})
        parent.client.log_inputs(parent.run_id, _inputs(mlflow, data.with_parts(test=()), "tuning"))
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
        return parent


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


def _reason(error: BaseException) -> str:
    """Return the first cause of an error, which MLflow and HTTP libraries wrap several times, as one short line."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return reason(error)[:200]


def _select_experiment(mlflow: Any, name: str, *, local: bool) -> str:
    """Choose the experiment, making it with its artefacts beside the store when the store is the default one."""
    if local:
        folder = Path.cwd() / STORE
        folder.mkdir(exist_ok=True)
        if mlflow.get_experiment_by_name(name) is None:
            mlflow.create_experiment(name, artifact_location=(folder / "artifacts").as_uri())
    return str(mlflow.set_experiment(name).experiment_id)


def _inputs(mlflow: Any, data: Dataset, context: str) -> list[Any]:
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


def _params(values: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as texts: a text as it is, anything else as JSON, cut after the 500 characters of MLflow."""
    texts = {k: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=repr) for k, v in values.items()}
    return {key: text[:500] for key, text in texts.items()}


def _tags(row: RowResult) -> dict[str, str]:
    machine = {f"machine.{key}": str(value) for key, value in row.environment["machine"].items()}
    lock = {"git_commit": row.environment["commit"], "constraints_sha256": row.environment["constraints"]}
    return lock | machine | {"data_digest": row.digest}


def _row_content(
    result: Result, row: Row, found: RowResult
) -> tuple[dict[str, Any], dict[str, float | None], dict[str, str]]:
    """Return the parameters, the metrics and the tags of a row."""
    experiment = result.experiment
    tags = _tags(found) | {"command": experiment.command(row)}
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


def _write_predictions(result: Result, row: str, path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="replace") as file:
        for product, tags in zip(result.datasets[row].test, result.tags(row), strict=True):
            body = {"id": product.id, "title": product.title, "gold": list(product.tags)}
            file.write(json.dumps(body | {"tags": [tag.to_dict() for tag in tags]}, ensure_ascii=False) + "\n")
