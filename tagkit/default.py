"""The strategy that tags when nobody named one, and loading saved strategies."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import tagkit
from tagkit.cache import cache_folder
from tagkit.datasets import load
from tagkit.errors import TagkitError
from tagkit.tagger import take_synonyms
from tagkit.taggers import Tagger, create

DEFAULT = "hybrid"
DEFAULT_DATA = "catalogue"
log = logging.getLogger(__name__)


def default_tagger(name: str = DEFAULT, data: str = DEFAULT_DATA) -> Any:
    """Return a strategy fitted on a data set; the embedded catalogue and the fusion of classic strategies by default.

    The fitted strategy is kept in the cache, so that the second call takes no training.

    Args:
        name: A name from `tagkit taggers`.
        data: A name from `tagkit data list`, or a file.

    Raises:
        UnknownName: There is no such strategy or data set.
        MissingExtra: The strategy needs a package that is not installed.
    """
    dataset = load(data)
    folder = cache_folder("models") / f"{name}-{tagkit.__version__}-{dataset.digest[:16]}"
    if (folder / "state.json").is_file():
        try:
            return load_tagger(folder)
        except (TagkitError, OSError, KeyError, ValueError) as error:
            log.warning("the cached model in %s cannot be used and is made again: %s", folder, error)
    tagger = create(name)
    take_synonyms(tagger, dataset.synonyms)
    tagger.fit(dataset.train, dev=dataset.dev)
    tagger.save(folder)
    return tagger


def load_tagger(folder: str | Path) -> Any:
    """Return the strategy saved in a folder.

    Raises:
        BadInput: The folder holds no saved strategy.
    """
    return Tagger.load(folder)
