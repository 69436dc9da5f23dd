"""Measure one run, in a process of its own, so that its time and memory do not depend on what ran before it."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import pickle
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing import connection, forkserver
from time import perf_counter
from types import ModuleType
from typing import Any

import psutil

from tagkit import console
from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.experiment.fit import Job, fit
from tagkit.experiment.record import RowRun
from tagkit.images.unread import count_unread, noting_unread
from tagkit.product import Dataset

PRELOAD = "tagkit.experiment.preload"


def measure(job: Job) -> RowRun:
    """Fit a run, tag its test products, and note time and memory.

    Raises:
        TagkitError: It cannot run.
    """
    cache = FitCache(job.fits)
    with _peak_memory() as peak:
        start = perf_counter()
        pipeline = fit(job, cache)
        fitted = perf_counter()
        test = job.parts.test
        with noting_unread() as noted:
            tags = pipeline.predict(test)
        tagged = perf_counter()
    return RowRun(
        seed=job.seed,
        fold=job.fold,
        fit_seconds=fitted - start + cache.saved,
        predict_seconds=tagged - fitted,
        n_products=len(test),
        peak_mb=peak.mb,
        n_truncated_chars=sum(pipeline.n_truncated_chars(test)),
        n_unread_photos=count_unread(noted, test),
        params=pipeline.tagger.get_params(),
        gpu=_gpu(),
        tags=tags,
    )


def start_server() -> None:
    """Start the process that starts those of all runs, so that it loads what they share while this one reads data."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        _context()
        forkserver.ensure_running()


def measure_apart(job: Job, packed: bytes | None = None, seconds: float | None = None) -> RowRun:
    """Do the same in a process of its own, which ends with the run.

    Args:
        job: The run.
        packed: Its data as `pack` returns them, where several runs have the same.
        seconds: How long it may take, the start of its process included; None: as long as it needs.

    Raises:
        TagkitError: It cannot run.
        BadInput: The process was ended from outside, for example for want of memory, or did not end in time.
    """
    context = _context()
    receiver, sender = context.Pipe(duplex=False)
    environment = dict(os.environ) | _active_mlflow_run()
    process = context.Process(
        target=_work, args=(sender, environment, replace(job, data=Dataset("", ())), packed or pack(job))
    )
    try:
        with _without_main():
            process.start()
        sender.close()
        if not connection.wait([receiver, process.sentinel], seconds):
            raise BadInput(f"{job.row.name} was stopped after {seconds:.0f} seconds")
        found = receiver.recv() if receiver.poll() else None
    except EOFError:
        found = None
    finally:
        if process.pid and process.is_alive() and sys.exc_info()[0]:
            process.kill()
        if process.pid:
            process.join()
        receiver.close()
    if found is None:
        raise BadInput(f"the process of {job.row.name} ended with exit code {process.exitcode}, perhaps out of memory")
    if isinstance(found, BaseException):
        raise found
    run: RowRun = found
    return run


def can_be_sent(job: Job) -> bool:
    """Say whether a job can run in a process of its own: not with a class that only this process has."""
    made: list[Any] = []
    for row in (job.row, *job.rows.values()):
        made += [row.tagger, *(step for step in row.refine or () if not isinstance(step, (str, dict)))]
    modules = {type(thing).__module__ for thing in made if thing is not None}
    try:
        return all(name != "__main__" and importlib.util.find_spec(name) for name in modules) and bool(
            pickle.dumps((job.row, job.rows))
        )
    except (ImportError, ValueError, AttributeError, TypeError, pickle.PicklingError):
        return False


def pack(job: Job) -> bytes:
    """Return the data of a run as another process takes them; for large data this takes longer than a small run."""
    return pickle.dumps(job.data)


def _work(pipe: connection.Connection, environment: dict[str, str], job: Job, packed: bytes) -> None:
    """Send what a job gives, or the error that it raises; this is what the process does."""
    os.environ.clear()
    os.environ.update(environment)
    console.set_up()
    try:
        pipe.send(measure(replace(job, data=pickle.loads(packed))))  # packed by the process that started this  # nosec B301
    except KeyboardInterrupt:
        return
    except Exception as error:
        pipe.send(_portable(error))


def _portable(error: Exception) -> Exception:
    """Return an error that can be sent, with the place where it was raised."""
    if not type(error).__module__.startswith("tagkit."):
        error.add_note("in the process of the run:\n" + "".join(traceback.format_exception(error)))
    with suppress(Exception):
        pickle.loads(pickle.dumps(error))  # of this process  # nosec B301
        return error
    other = RuntimeError(f"{type(error).__name__}: {error}")
    other.add_note("".join(traceback.format_exception(error)))
    return other


def _context() -> Any:
    """Return how processes are started: from a server that has loaded what they share, else from nothing."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([PRELOAD])
        return context
    return multiprocessing.get_context("spawn")


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module, which a new process would import: a script need not be guarded against that."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _active_mlflow_run() -> dict[str, str]:
    """Return the environment in which training curves go to the run that is active here, if any."""
    mlflow: Any = sys.modules.get("mlflow")
    if mlflow is None or (active := mlflow.active_run()) is None:
        return {}
    return {"MLFLOW_RUN_ID": active.info.run_id, "MLFLOW_TRACKING_URI": mlflow.get_tracking_uri()}


def _gpu() -> str:
    """Return the name of the GPU where the run has loaded torch; torch is not loaded for it."""
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch is not None and torch.cuda.is_available() else ""


class _Peak:
    mb: float | None = None


@contextmanager
def _peak_memory() -> Iterator[_Peak]:
    """Watch the memory of this process in a thread; `.mb` is the peak resident set in MiB."""
    peak, process, stop = _Peak(), psutil.Process(), threading.Event()

    def look() -> None:
        peak.mb = max(peak.mb or 0.0, process.memory_info().rss / 2**20)

    def watch() -> None:
        while not stop.wait(0.02):
            look()

    look()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
        look()
