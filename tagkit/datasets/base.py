"""What a data set reader is, and `load`, which finds one by name."""

from __future__ import annotations

import os.path
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from tagkit import registry
from tagkit.product import Dataset


class Reader(ABC):
    """Base of all readers of named data sets.

    A subclass sets the class attributes, and `read` turns the files into a `Dataset`. Its module is named like the data
    set. Files outside the package are asked for by `store.path("folder/file")`.
    """

    name: ClassVar[str] = ""
    licence: ClassVar[str] = ""
    card: ClassVar[str] = ""
    files: ClassVar[tuple[str, ...]] = ()
    """The files it reads, as "folder/file" in the store; empty for data inside the package."""
    promises: ClassVar[dict[str, Any]] = {}
    """What `tagkit data audit` must find; see `tagkit.datasets.auditing`."""

    @abstractmethod
    def read(self, **options: Any) -> Dataset:
        """Return the data set.

        Args:
            **options: What the reader can vary (for example `split="dedup"`).

        Raises:
            DataMissing: A file is not to be had.
            BadInput: An option or a file is wrong.
        """

    def describe(self) -> str:
        """Return the card; a reader that adds figures to it adds them where its files are on this machine."""
        return self.card


def card(name: str | Path) -> str:
    """Return the card of a data set, or of the user's own file, and download nothing for it.

    Args:
        name: As for `load`.

    Raises:
        UnknownName: It is neither a known name nor a file.
        BadInput: A file is wrong.
    """
    return load(name).card if _is_file(str(name)) else registry.datasets.get(str(name))().describe()


def load(name: str | Path, **options: Any) -> Dataset:
    """Return a data set by name, or from the user's own file.

    Args:
        name: A name from `tagkit data list`, or the path of a JSONL, CSV or Parquet file.
        **options: What its reader can vary.

    Raises:
        UnknownName: It is neither a known name nor a file.
        DataMissing: Its files are not to be had.
        BadInput: A file or an option is wrong.
    """
    text = str(name)
    if _is_file(text):
        from tagkit.datasets.files import read_file

        return read_file(Path(text), **options)
    return registry.datasets.get(text)().read(**options)


def _is_file(name: str) -> bool:
    return name not in registry.datasets and bool(Path(name).suffix or os.path.exists(name))
