"""The bytes of a photo, from wherever it is: a file, a member of a zip archive, a data address, the web if allowed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tagkit.cache import cache_folder
from tagkit.errors import BadInput, reason
from tagkit.files import replacing

LARGEST = 20_000_000
"""A photo of more bytes is not read."""
ZIP, WEB = "zip://", ("http://", "https://")
TIMEOUT = 30
"""Seconds to wait for an answer of a server."""


class BadPhoto(BadInput):
    """A photo is missing or cannot be read; the message is the one reason, for that product."""


def read(source: str | bytes, *, allow_downloads: bool = False) -> bytes:
    """Return the bytes of a photo.

    Args:
        source: Its bytes; a data address in base64; "zip://ARCHIVE.zip!MEMBER"; an address on the web; or a path. A
            relative path is searched for in the working folder, in `TAGKIT_DATA` and in tagkit's cache of data.
        allow_downloads: Whether addresses on the web are asked; the answers are kept in tagkit's cache.

    Raises:
        BadPhoto: There is no such photo, it is larger than 20 MB or it cannot be read.
    """
    if isinstance(source, bytes):
        return _checked(source, source)
    try:
        kind = source[:8].lower()
        if kind.startswith("data:"):
            return _checked(_decoded(source), source)
        if kind.startswith(ZIP):
            return _checked(_from_archive(source), source)
        if kind.startswith(WEB):
            return _checked(_from_web(source, allow_downloads), source)
        with _place(source).open("rb") as file:
            return _checked(file.read(LARGEST + 1), source)
    except BadPhoto:
        raise
    except (OSError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise BadPhoto(f"the photo {shown(source)} cannot be read: {reason(error)}") from error


def content_hash(source: str | bytes, *, allow_downloads: bool = False) -> str:
    """Return a hash of a photo, which changes when its content does, without decoding it.

    Of bytes, files, data addresses and answers of the web it is the sha256; of a member of a zip archive, which is not
    unpacked for it, the sha256 of its name, size and CRC-32.

    Raises:
        BadPhoto: As for `read`.
    """
    if isinstance(source, str) and source[:6].lower() == ZIP:
        try:
            archive, member = _member(source)
            info = archive.getinfo(member)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise BadPhoto(f"the photo {shown(source)} cannot be read: {reason(error)}") from error
        return hashlib.sha256(f"{info.filename}\n{info.file_size}\n{info.CRC}".encode()).hexdigest()
    return hashlib.sha256(read(source, allow_downloads=allow_downloads)).hexdigest()


def is_here(image: str) -> bool:
    """Say whether an image of a product names something on this machine; paths of other machines are not read."""
    lower = image[:8].lower()
    return lower.startswith(("data:", ZIP)) or ("://" not in image and not image.startswith(("//", "\\\\")))


def shown(source: str | bytes) -> str:
    """Return how a photo is called in messages: its path or address, shortened."""
    if isinstance(source, bytes):
        return f"of {len(source):,} bytes"
    if source[:5].lower() == "data:":
        return "in the data address"
    return source if len(source) <= 200 else f"{source[:150]}…{source[-40:]}"


def folders() -> Iterator[Path]:
    """Yield where a relative path is searched for: the working folder, then those of data sets."""
    yield Path()
    if given := os.environ.get("TAGKIT_DATA"):
        yield Path(given).expanduser()
    yield cache_folder("data")


def _place(path: str) -> Path:
    """Return where a file is; what is no file, such as a pipe that never ends, is refused."""
    if not path or not is_here(path):
        raise ValueError("it is not a path of this machine")
    for folder in folders():
        place = folder / path
        if place.is_file():
            return place
        if place.exists():
            raise ValueError("it is not a file")
    return Path(path)


def _checked(content: bytes, source: str | bytes) -> bytes:
    if not content:
        raise BadPhoto(f"the photo {shown(source)} is empty")
    if len(content) > LARGEST:
        raise BadPhoto(f"the photo {shown(source)} is larger than {LARGEST // 1_000_000} MB")
    return content


def _decoded(address: str) -> bytes:
    head, _, body = address.partition(",")
    if not head.lower().endswith(";base64"):
        raise BadPhoto("a photo in a data address must be in base64")
    try:
        return base64.b64decode(body[: LARGEST * 4 // 3 + 8], validate=True)
    except binascii.Error as error:
        raise BadPhoto(f"the photo in the data address is damaged: {error}") from error


def _member(address: str) -> tuple[zipfile.ZipFile, str]:
    archive, mark, member = address[len(ZIP) :].partition("!")
    if not mark or not member:
        raise ValueError('it must be written as "zip://ARCHIVE.zip!MEMBER"')
    place = _place(archive)
    state = place.stat()
    opened = _archive(str(place.absolute()), state.st_size, state.st_mtime_ns, os.getpid())
    if member not in opened.NameToInfo:
        raise ValueError(f"the archive has no {member}")
    return opened, member


@lru_cache(maxsize=4)
def _archive(path: str, size: int, changed: int, process: int) -> zipfile.ZipFile:
    """Return an opened archive; each process has its own, since the position in an open file is shared by forks."""
    return zipfile.ZipFile(path)


def _from_archive(address: str) -> bytes:
    archive, member = _member(address)
    with archive.open(member) as file:
        return file.read(LARGEST + 1)


def _from_web(address: str, allowed: bool) -> bytes:
    place = cache_folder("photos") / hashlib.sha256(address.encode()).hexdigest()
    if place.is_file():
        return place.read_bytes()
    if not allowed:
        raise BadPhoto(f"the photo {shown(address)} is on the web, and downloads are not allowed")
    import requests

    with requests.get(address, timeout=TIMEOUT, stream=True) as answer:
        answer.raise_for_status()
        content = b""
        for block in answer.iter_content(1 << 16):
            content += block
            if len(content) > LARGEST:
                break
    with replacing(place, lasting=False) as file:
        file.write(_checked(content, address))
    return content
