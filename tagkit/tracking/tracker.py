"""The MLflow runs of a command: a parent, and one child for each row."""

from __future__ import annotations

import logging
import os
import platform
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psutil

from tagkit.cache import cache_folder
from tagkit.console import one_line
from tagkit.errors import TrackingFailed, reason
from tagkit.experiment.result import Result
from tagkit.experiment.spec import TEST, Row
from tagkit.registry import missing_extra
from tagkit.tracking.content import inputs_of, metric_name, origin_tags, row_content, to_params, write_predictions

STORE = "mlruns"
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
        tags = {"kind": kind, "data": about.data.label, "baseline": about.baseline, "best": best} | origin_tags(first)
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
            inputs = inputs_of(self.mlflow, result.data, kind) if result.data else []
            tags |= {"mlflow.note.content": "\n".join(lines)} if lines else {}
            self._write(self.run_id, setup, figures, tags, inputs)
            for path in artifacts:
                self.client.log_artifact(self.run_id, str(path))
            for name, row in result.rows.items():
                child = self.rows.get(name) or self._past_run(name, row.seconds)
                self._write(child, *row_content(result, about.row(name), row), inputs)
                if name in result.datasets:
                    with tempfile.TemporaryDirectory() as folder:
                        write_predictions(result, name, Path(folder) / "predictions.jsonl")
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
            [entities.Param(name, value) for name, value in to_params(params).items()],
            [entities.RunTag(name, value[:DESCRIPTION]) for name, value in tags.items()],
        )
        if inputs:
            self.client.log_inputs(run_id, inputs)


def store() -> str:
    """Return the address of the store in use: `MLFLOW_TRACKING_URI`, else the default one."""
    return os.environ.get("MLFLOW_TRACKING_URI") or default_store()


def default_store() -> str:
    """Return the address of the SQLite store below the working directory."""
    return f"sqlite:///{(Path.cwd() / STORE / 'mlflow.db').as_posix()}"


def _mlflow() -> Any:
    try:
        Path.home()
    except RuntimeError:  # the user has neither a name nor a home, without which MLflow cannot be imported
        os.environ["HOME"] = str(cache_folder("home"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import mlflow
    except ModuleNotFoundError as error:
        raise missing_extra(error, "tracking") from error
    except Exception as error:
        raise TrackingFailed(f"nothing is logged: MLflow cannot be imported: {reason(error)}") from error
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
