"""The files of public data sets: from a local folder, from the cache, or downloaded with a checksum."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from tagkit import registry
from tagkit.cache import cache_folder
from tagkit.errors import BadInput, DataMissing, warn

SOURCES = Path(__file__).with_name("sources.tsv")
"""One line per file: data set, file, licence ("" if none is stated), sha256, bytes, and its location on GitHub."""
BASE = "https://raw.githubusercontent.com"
TIMEOUT = 30
"""Seconds to wait for an answer of the server."""


@dataclass(frozen=True)
class Source:
    """The origin and the checksum of one file."""

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
        """The download address; the environment variable `TAGKIT_SOURCE` replaces its host by a mirror."""
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
    """Return the path of a data file on this machine, downloading it if necessary.

    The file is searched for in the folder `TAGKIT_DATA` and in the cache, and otherwise downloaded into the cache. In
    each case its sha256 is compared with the known one, once per process.

    Args:
        name: "dataset/file", for example "taobao_ner/train.txt".

    Raises:
        BadInput: No such file is known, or the one found is not the expected one.
        DataMissing: It is not on this machine and could not be downloaded; the message names the address.
    """
    source = sources().get(name)
    if source is None:
        known = ", ".join(sorted({source.dataset for source in sources().values()}))
        raise BadInput(f"no data file is called {name!r}; the known data sets are {known}")
    own = cache_folder("data") / name
    if place := local(name):
        try:
            _check(place.resolve(), source.sha256)
            return place
        except BadInput:
            if place != own:
                raise
    return _download(source, own)


def is_here(names: Iterable[str]) -> bool:
    """Say whether all of some data files are on this machine, so that `path` downloads none of them."""
    return all(local(name) for name in names)


def local(name: str) -> Path | None:
    """Return where a file is on this machine, known or not and unchecked, None if it is not."""
    folders = [Path(os.environ["TAGKIT_DATA"]).expanduser()] if os.environ.get("TAGKIT_DATA") else []
    places = (folder / name for folder in [*folders, cache_folder("data")])
    return next((place for place in places if place.is_file()), None)


def fetch_archive(source: Source, place: Path) -> Path:
    """Download the archive that GitHub makes of a file's repository, for files that are packed by tagkit itself.

    Its checksum is not known, since GitHub may pack anew at any time: what is taken out of it must be checked.

    Args:
        source: The file.
        place: Where the archive is written.

    Raises:
        DataMissing: It could not be downloaded.
    """
    import pooch

    _say_unlicensed(source.dataset, source.repo)
    base = os.environ.get("TAGKIT_SOURCE", "https://github.com").rstrip("/")
    url = f"{base}/{source.repo}/archive/{source.commit}.zip"
    try:
        downloader = pooch.HTTPDownloader(timeout=TIMEOUT)
        return Path(pooch.retrieve(url, None, fname=place.name, path=place.parent, downloader=downloader))
    except (OSError, ValueError) as error:
        name = f"{source.dataset}/{source.file}"
        raise DataMissing(
            f"{name} is not on this machine, and {url}, of which it is made, could not be downloaded ({error}); "
            f"set TAGKIT_DATA to a folder that contains {name}"
        ) from error


def fetch(name: str) -> list[Path]:
    """Download the files of a data set that are not on this machine, and return the paths of all.

    Args:
        name: The name of a reader, for example "taobao_ner".

    Raises:
        UnknownName: No data set has that name.
        BadInput: A file found is not the expected one.
        DataMissing: A file could not be downloaded.
    """
    return [path(file) for file in registry.datasets.get(name).files]


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
    warn(
        f"{dataset} is downloaded from github.com/{repo}, which states no licence: use it for your own research, "
        "and do not redistribute it"
    )


def _download(source: Source, place: Path) -> Path:
    """Download to a temporary name, check and move (pooch does all three), so that no partial file is ever left."""
    import pooch

    from tagkit.progress import progress_bar

    if not source.licence:
        _say_unlicensed(source.dataset, source.repo)
    bar = progress_bar(total=1, desc=place.name, unit="B", unit_scale=True, delay=1, leave=False)
    try:
        pooch.retrieve(
            source.url,
            f"sha256:{source.sha256}",
            fname=place.name,
            path=place.parent,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT, progressbar=bar),
        )
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong checksum is a ValueError
        reason = "the download has the wrong checksum" if isinstance(error, ValueError) else str(error)
        name = f"{source.dataset}/{source.file}"
        raise DataMissing(
            f"{name} is not on this machine and could not be downloaded from {source.url} ({reason}); "
            f"save the file as {place}, or set TAGKIT_DATA to a folder that contains {name}"
        ) from error
    return place
