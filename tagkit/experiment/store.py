"""Finished strategies of an unfinished command, kept in the cache so that a stopped one goes on where it was."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import tagkit
from tagkit.cache import cache_folder
from tagkit.experiment._old_result import StrategyResult
from tagkit.product import Dataset, Tag
from tagkit.refine import Chain, Step
from tagkit.taggers import Tagger

log = logging.getLogger(__name__)


def place(folder: str, data: Dataset, name: str, tagger: Tagger, steps: Sequence[str | Step]) -> Path:
    """Return the file that keeps what a strategy gives.

    Args:
        folder: Of the cache: what kind of command keeps it.
        data: The products.
        name: What tells two runs of the same strategy apart.
        tagger: The strategy, with its parameters.
        steps: Its refinements.
    """
    chain = [repr(step) for step in Chain(steps).steps]
    what = [tagkit.__version__, data.digest, name, tagger.name, tagger.get_params(), chain]
    digest = hashlib.sha256(json.dumps(what, sort_keys=True, default=repr).encode()).hexdigest()[:32]
    return cache_folder(folder) / f"{digest}.json"


def write(path: Path, result: StrategyResult) -> None:
    """Keep a result; a full disk is warned of, and ends nothing."""
    body = dict(vars(result)) | {"tags": [[tag.to_dict() for tag in row] for row in result.tags]}
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps(body, ensure_ascii=False, default=repr), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        log.warning("cannot keep %s for a resumed comparison: %s", result.name, error)
        with suppress(OSError):
            part.unlink()


def read(path: Path) -> StrategyResult | None:
    """Return what is kept; None where there is nothing, or nothing readable, which is then removed."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        tags = [[Tag.from_dict(tag) for tag in row] for row in body.pop("tags")]
        return StrategyResult(tags=tags, **body | {"refine": tuple(body["refine"])})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        path.unlink(missing_ok=True)
        return None
