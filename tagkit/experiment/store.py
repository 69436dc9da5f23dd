"""What is kept on disk: finished runs of an unfinished command, and the results of reproduced experiments."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import tagkit
from tagkit.cache import cache_folder
from tagkit.errors import BadInput, reason
from tagkit.experiment.fit import Job, make_step, make_tagger
from tagkit.experiment.record import RowRun
from tagkit.experiment.result import Result
from tagkit.experiment.spec import Experiment, Row
from tagkit.files import named_files, write_text
from tagkit.llm.server import ENDPOINT_VARIABLE
from tagkit.product import Tag

RESULTS = "results"
"""The folder of results below the folder of experiments."""
log = logging.getLogger(__name__)


class RunCache:
    """Finished runs of an unfinished command, and the costly fits that its runs share.

    Args:
        fresh: Whether to ignore what an earlier, stopped command kept.

    Attributes:
        fits: The folder of the costly fits; it is removed with this object.
    """

    def __init__(self, fresh: bool = False) -> None:
        self.fresh = fresh
        self.fits = Path(tempfile.mkdtemp(prefix="tagkit-fits-"))
        weakref.finalize(self, shutil.rmtree, self.fits, ignore_errors=True)
        self._paths: set[Path] = set()

    def read(self, job: Job) -> tuple[RowRun | None, bool]:
        """Return the finished run of a job, or None, and whether it comes from a stopped command."""
        path = self._path(job)
        own = path in self._paths
        self._paths.add(path)
        if self.fresh and not own:
            return None, False
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            tags = [[Tag.from_dict(tag) for tag in row] for row in body.pop("tags")]
            return RowRun(tags=tags, **body), not own
        except OSError:
            return None, False
        except (ValueError, KeyError, TypeError):
            with suppress(OSError):
                path.unlink()
            return None, False

    def write(self, job: Job, run: RowRun) -> None:
        """Keep a finished run; a full disk is warned of, and ends nothing."""
        path = self._path(job)
        body = dict(vars(run)) | {"tags": [[tag.to_dict() for tag in row] for row in run.tags or ()]}
        try:
            write_text(path, json.dumps(body, ensure_ascii=False, default=repr))
        except OSError as error:
            log.warning(
                "cannot keep a run of %s, so a stopped command would repeat it: %s", job.row.name, reason(error)
            )

    def clear(self) -> None:
        """Forget the runs of this command: it has ended."""
        for path in self._paths:
            with suppress(OSError):
                path.unlink()
        self._paths.clear()

    def _path(self, job: Job) -> Path:
        what: list[Any] = [
            tagkit.__version__,
            job.data.digest,
            job.data.parents,
            job.seed,
            job.fold,
            _describe(job.row, job.rows),
        ]
        if job.row.self_training:
            what += [job.source.name, named_files(job.source.file)]
        digest = hashlib.sha256(json.dumps(what, sort_keys=True, default=repr).encode()).hexdigest()[:32]
        return cache_folder("runs") / f"{digest}.json"


def _describe(row: Row, rows: Mapping[str, Row]) -> list[Any]:
    """Return everything that the runs of a row depend on beside the products, the seed and the fold."""
    tagger = make_tagger(row)
    steps = [make_step(step) for step in row.refine or ()]
    refine = None if row.refine is None else [[repr(step), named_files([type(step), step.params()])] for step in steps]
    what: list[Any] = [type(tagger).__module__, type(tagger).__qualname__, tagger.get_params(), refine]
    what += [named_files(tagger), os.environ.get(ENDPOINT_VARIABLE) if "endpoint" in tagger.get_params() else None]
    what += [row.share, row.folds, row.decoding, [[_describe(rows[name], rows), rows[name].seeds] for name in row.of]]
    if row.self_training:
        options = row.self_training.options
        what += [options, named_files(options), _describe(rows[row.self_training.by], rows)]
    return what


def merge(result: Result, folder: Path) -> Result:
    """Return a result together with the rows that earlier commands stored and that it does not have.

    A stored row counts as long as its strategy, its parameters and its data are asked for as they were.

    Args:
        result: What a command gave, perhaps nothing.
        folder: The folder of experiments.

    Raises:
        BadInput: The file of earlier rows is damaged.
    """
    stored = read(result.experiment, folder)
    if stored is None:
        return result
    experiment = result.experiment
    rows = {}
    for row in experiment.rows:
        if row.name in result.rows:
            rows[row.name] = result.rows[row.name]
            continue
        old = None if row.name in result.failed else stored.rows.get(row.name)
        if old and old.fingerprint == experiment.fingerprint(row):
            rows[row.name] = old
    scores: dict[str, dict[str, Any]] = {}
    for view in dict.fromkeys([*result.scores, *stored.scores]):
        for name in rows:
            source = result if name in result.rows else stored
            if found := source.scores.get(view, {}).get(name):
                scores.setdefault(view, {})[name] = found
    skipped = {name: why for name, why in result.skipped.items() if name not in rows}
    not_set_up = {name: why for name, why in result.not_set_up.items() if name not in rows}
    sizes, licence = result.sizes or stored.sizes, result.licence or stored.licence
    return replace(
        result, rows=rows, scores=scores, skipped=skipped, not_set_up=not_set_up, sizes=sizes, licence=licence
    )


def write(result: Result, folder: Path) -> Path:
    """Store a result, as `experiments/results/NAME.json`."""
    path = _file(result.experiment, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = result.to_json()
    kept = {key: body[key] for key in ("sizes", "licence", "scores", "rows")}
    write_text(path, json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    return path


def read(experiment: Experiment, folder: Path) -> Result | None:
    """Return what is stored of an experiment; None where nothing is.

    Raises:
        BadInput: The file is damaged.
    """
    path = _file(experiment, folder)
    if not path.is_file():
        return None
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return Result.from_json({"failed": {}, "not_set_up": {}, "skipped": {}} | body, experiment)
    except (ValueError, TypeError) as error:
        raise BadInput(f"{path} is not what `tagkit reproduce --report` wrote ({error}): remove it") from error


def _file(experiment: Experiment, folder: Path) -> Path:
    return folder / RESULTS / f"{experiment.name}.json"
