"""Read the zip archives of documents with key phrases that LIAAD collected."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tagkit.errors import BadInput


def documents(archive: Path) -> dict[str, tuple[str, str]]:
    """Return the text and the key phrases of each document, unparsed, by the name of the document in order of names.

    Args:
        archive: A zip of NAME/docsutf8/ID.txt and NAME/keys/ID.key, UTF-8.

    Raises:
        BadInput: It is no such archive.
    """
    found: dict[str, dict[str, str]] = {"txt": {}, "key": {}}
    try:
        with zipfile.ZipFile(archive) as members:
            for name in members.namelist():
                stem, _, kind = name.rpartition("/")[2].rpartition(".")
                if stem and kind in found and "/" in name.strip("/").partition("/")[2]:
                    found[kind][stem] = members.read(name).decode("utf-8")
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise BadInput(f"{archive} is no archive of documents with key phrases: {error}") from error
    texts, keys = found["txt"], found["key"]
    if odd := sorted(texts.keys() ^ keys.keys()):
        raise BadInput(f"{archive}: the document {odd[0]} has no {'keys' if odd[0] in texts else 'text'}")
    return {name: (texts[name], keys[name]) for name in sorted(texts)}


def one_line(text: str) -> str:
    """Join the lines of a text that was wrapped, every run of blanks becoming one."""
    return " ".join(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """Return one phrase a line, each once, in order."""
    return tuple(dict.fromkeys(phrase for line in text.split("\n") if (phrase := one_line(line))))
