"""The tagger that is used when nobody named one, and loading saved taggers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tagkit
from tagkit import registry
from tagkit.cache import cache_folder
from tagkit.creation import create
from tagkit.datasets import load
from tagkit.errors import TagkitError, reason
from tagkit.pipeline import Pipeline

DEFAULT = "hybrid"
DEFAULT_DATA = "catalogue"
log = logging.getLogger(__name__)


def default_tagger(name: str = DEFAULT, data: str = DEFAULT_DATA) -> Pipeline:
    """Return a strategy fitted on a data set, with its refinements; default: `hybrid` on the embedded catalogue.

    It is the pipeline that `compare` measures. The fitted pipeline is cached, so the second call trains nothing.

    Args:
        name: A name from `tagkit taggers`, or "package.module:Class" of a strategy of your own, which is not cached.
        data: A name from `tagkit data list`, or a file.

    Raises:
        UnknownName: There is no such strategy or data set.
        MissingExtra: The strategy needs a package that is not installed.
    """
    dataset = load(data)
    if registry.is_reference(name):  # its code may change from call to call
        return Pipeline.fit(create(name), dataset)
    folder = cache_folder("models") / f"{name}-{tagkit.__version__}-{dataset.digest[:16]}"
    if any(folder.glob("*")):  # a full disk leaves an empty folder
        try:
            if (kept := load_tagger(folder)).provenance:  # earlier versions kept the strategy without thresholds
                return kept
        except (TagkitError, OSError, KeyError, ValueError) as error:
            log.warning("the cached model in %s cannot be used and is made again: %s", folder, error)
    pipeline = Pipeline.fit(create(name), dataset)
    try:
        pipeline.save(folder)
    except OSError as error:
        log.warning("the fitted model is not kept for the next time: %s", reason(error))
    return pipeline


def load_tagger(folder: str | Path, settings: Mapping[str, Any] | None = None) -> Pipeline:
    """Return the pipeline, or the strategy without refinements, that was saved in a folder.

    Args:
        folder: The folder.
        settings: What no file chooses, by "STRATEGY.PARAMETER": the address of a hosted model, {"llm.endpoint": URL}.

    Raises:
        BadInput: The folder holds neither, a damaged one, or one of another version of tagkit; or the file chooses
            where products are sent.
    """
    return Pipeline.load(folder, settings)
