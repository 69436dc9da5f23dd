"""Where the files of public data sets come from: a local folder, the cache, or a download with a checksum."""

from __future__ import annotations

import csv
import hashlib
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from tagkit import registry
from tagkit.cache import cache_folder
from tagkit.errors import BadInput, DataMissing

SOURCES = Path(__file__).with_name("sources.tsv")
"""One line per file: data set, file, licence ("" where none is stated), sha256, bytes, and its place on GitHub."""
BASE = "https://raw.githubusercontent.com"
TIMEOUT = 30


@dataclass(frozen=True)
class Source:
    """Where one file comes from, and what it must be."""

    dataset: str
    file: str
    licence: str
    sha256: str
    bytes: int
    repo: str
    commit: str
    upstream_path: str

    @property
    def url(self) -> str:
        """The download address; the environment variable `TAGKIT_SOURCE` replaces its first part (a mirror)."""
        base = os.environ.get("TAGKIT_SOURCE", BASE).rstrip("/")
        return f"{base}/{self.repo}/{self.commit}/{quote(self.upstream_path)}"


@cache
def sources() -> dict[str, Source]:
    """Return all known files, by "dataset/file"."""
    with SOURCES.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        found = [Source(bytes=int(row.pop("bytes")), **row) for row in rows]
    return {f"{source.dataset}/{source.file}": source for source in found}


def path(name: str) -> Path:
    """Return the place of a data file on this machine, downloading it if need be.

    Looked for in the folder `TAGKIT_DATA`, then in the cache, then downloaded into the cache. Wherever it comes from,
    its sha256 is compared with the known one, once per process.

    Args:
        name: "dataset/file", for example "taobao_ner/train.txt".

    Raises:
        BadInput: No such file is known, or the one found here is not the right one.
        DataMissing: It is not here and could not be downloaded; the message holds the address.
    """
    source = sources().get(name)
    if source is None:
        raise BadInput(f"no data file is called {name!r}; the known data sets are {_known()}")
    if place := _local(name):
        _check(place.resolve(), source.sha256)
        return place
    return _download(source, cache_folder("data") / name)


def is_here(names: Iterable[str]) -> bool:
    """Say whether data files are all on this machine, so that `path` downloads none of them."""
    return all(_local(name) for name in names)


def _local(name: str) -> Path | None:
    folders = [Path(os.environ["TAGKIT_DATA"]).expanduser()] if os.environ.get("TAGKIT_DATA") else []
    places = (folder / name for folder in [*folders, cache_folder("data")])
    return next((place for place in places if place.is_file()), None)


def fetch(name: str) -> list[Path]:
    """Bring all files of a data set's reader to this machine and return their places.

    Args:
        name: The name of a reader, for example "taobao_ner".

    Raises:
        UnknownName: No data set has that name.
        BadInput: A file found here is not the right one.
        DataMissing: A file could not be downloaded.
    """
    return [path(file) for file in registry.datasets.get(name).files]


def _known() -> str:
    return ", ".join(sorted({source.dataset for source in sources().values()}))


@cache
def _check(place: Path, sha256: str) -> None:
    with place.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != sha256:
        raise BadInput(
            f"{place} is not the expected file: its sha256 is {found}, not {sha256}; remove it, and tagkit downloads it"
        )


@cache
def _say_unlicensed(dataset: str, repo: str) -> None:
    warnings.warn(
        f"{dataset} is downloaded from github.com/{repo}, which states no licence: use it for your own research, "
        "and do not pass it on",
        stacklevel=4,
    )


def _download(source: Source, place: Path) -> Path:
    """Download to a temporary name, check, then move (pooch does all three), so that no half file is ever left."""
    import pooch

    if not source.licence:
        _say_unlicensed(source.dataset, source.repo)
    try:
        pooch.retrieve(
            source.url,
            f"sha256:{source.sha256}",
            fname=place.name,
            path=place.parent,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
        )
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong checksum is a ValueError
        reason = "what came has the wrong checksum" if isinstance(error, ValueError) else str(error)
        raise DataMissing(
            f"{source.dataset}/{source.file} is not here, and could not be downloaded from {source.url} ({reason}); "
            f"put the file by hand at {place}, or set TAGKIT_DATA to a folder that holds {source.dataset}/{source.file}"
        ) from error
    return place
