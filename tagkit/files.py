"""Files that are replaced only when whole, files known by their content, archives that are checked before use."""

from __future__ import annotations

import glob
import hashlib
import os
import secrets
import shutil
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import IO, Any

DAY = 24 * 3600
SMALL, RATIO = 64 * 2**20, 50
"""An archive may unpack to this many bytes, or to this many times its own size if that is more."""
MODEL_FILES = ("config.json", "state.json", "state.zip")
"""A folder with one of these holds a model."""
MOST_LINKS = 40


@contextmanager
def replacing(path: str | Path, *, lasting: bool = True) -> Iterator[IO[bytes]]:
    """Yield a new binary file that takes the place of `path` when the context ends.

    Until then, and after an error, a kill or a full disk, what was at `path` is still there. Several processes may do
    this at once: one of the whole files stays. What a symbolic link names is replaced, not the link. A pipe, a device
    and the name of an open file such as /dev/stdout are written directly.

    Args:
        path: The file; its folder exists.
        lasting: Whether to wait until the file is on the disk, so that it survives a power failure too.

    Raises:
        OSError: It cannot be written; the error names `path`.
    """
    path = Path(path)
    if is_stream(path):
        with path.open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    short = target.name[:40]  # a name has 255 bytes at most
    remove_remains(target.parent, f".{glob.escape(short)}.*.part")
    part = target.with_name(f".{short}.{secrets.token_hex(8)}.part")
    try:
        with naming(path, part):
            with part.open("xb") as file:
                if target.exists():
                    shutil.copymode(target, part)
                yield file
                file.flush()
                if lasting:
                    os.fsync(file.fileno())
            part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    if lasting:
        with suppress(OSError):  # not every system lets a folder be synchronised
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


@contextmanager
def naming(path: str | Path, part: str | Path | None = None) -> Iterator[None]:
    """Let an error of the system name the file that was to be written, where it names none or its unfinished part."""
    try:
        yield
    except OSError as error:
        if error.errno and error.filename in (None, str(part)):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def write_text(path: str | Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all; see `replacing`."""
    with replacing(path) as file:
        file.write(text.encode())


def remove_remains(folder: Path, pattern: str) -> None:
    """Remove unfinished files and folders that killed processes left there more than a day ago."""
    for remains in folder.glob(pattern):
        with suppress(OSError):
            if time.time() - remains.stat().st_mtime > DAY:
                shutil.rmtree(remains) if remains.is_dir() else remains.unlink()


def is_stream(path: Path) -> bool:
    """Say whether a path names a pipe, a device or an open file (/dev/stdout, /dev/fd/3): what cannot be replaced."""
    name = os.path.abspath(path)
    for _ in range(MOST_LINKS):
        if os.path.realpath(os.path.dirname(name)).startswith(("/proc/", "/dev/fd")):
            return True
        if not os.path.islink(name):
            break
        name = os.path.join(os.path.dirname(name), os.readlink(name))
    return path.exists() and not path.is_file() and not path.is_dir()


def file_digest(path: str | Path) -> str:
    """Return the sha256 of a file's content."""
    with Path(path).open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def named_files(params: Any) -> dict[str, str]:
    """Return the digests of the files and of the models' folders that parameters name, by path.

    A class from outside of tagkit, named as "package.module:Class" or that of an object, counts with the files that
    define it and what it inherits from.

    Args:
        params: Texts, paths, classes, objects with `get_params`, and mappings and lists of these; other values name no
            file.
    """
    if isinstance(params, Mapping):
        return named_files(list(params.values()))
    if isinstance(params, (list, tuple)):
        return {path: digest for value in params for path, digest in named_files(value).items()}
    if isinstance(params, type):
        return _definitions(params)
    if hasattr(params, "get_params"):
        return _definitions(type(params)) | named_files(params.get_params())
    if not isinstance(params, (str, Path)) or not str(params):
        return {}
    name = str(params)
    module, _, label = name.partition(":")
    if isinstance(kind := getattr(sys.modules.get(module), label, None), type):
        return _definitions(kind)
    if os.path.isfile(name):  # unlike Path.is_file, no error for a text too long for a name
        return {name: remembered_digest(name)}
    if any(os.path.isfile(os.path.join(name, file)) for file in MODEL_FILES):
        found = sorted(file for file in Path(name).rglob("*") if file.is_file())
        return {str(file): remembered_digest(str(file)) for file in found}
    return {}


def _definitions(kind: type) -> dict[str, str]:
    """Return the digests of the files that define a class and what it inherits from; in a notebook, of its methods."""
    found = {}
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] in ("tagkit", *sys.stdlib_module_names):
            continue
        file = getattr(sys.modules.get(base.__module__), "__file__", None)
        if file and os.path.isfile(file):
            found[file] = remembered_digest(file)
        else:  # where Jupyter keeps a cell, the name of its file tells its content
            codes = [value.__code__ for value in vars(base).values() if isinstance(value, FunctionType)]
            methods = repr([(code.co_filename, code.co_code, code.co_consts, code.co_names) for code in codes])
            found[f"{base.__module__}:{base.__qualname__}"] = hashlib.sha256(methods.encode()).hexdigest()
    return found


def remembered_digest(path: str | Path) -> str:
    """Return the sha256 of a file's content, read once for each size and time of change."""
    state = os.stat(path)
    return _digest_of_state(str(path), state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=1000)
def _digest_of_state(name: str, size: int, changed: int) -> str:
    return file_digest(name)


def check_sizes(archive: zipfile.ZipFile) -> None:
    """Check an archive's directory before anything is unpacked.

    Raises:
        ValueError: It would unpack to a great deal more than it can hold in earnest.
    """
    packed = os.path.getsize(archive.filename or "")
    unpacked = sum(info.file_size for info in archive.infolist())
    if unpacked > max(SMALL, RATIO * packed):
        raise ValueError(f"its {packed:,} bytes would unpack to {unpacked:,}")
