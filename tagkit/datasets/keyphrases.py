"""Read the zip archives of documents with keyphrases that LIAAD collected."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tagkit.errors import BadInput


def documents(archive: Path) -> dict[str, tuple[str, str]]:
    """Return the unparsed text and keyphrases of each document, by its name, sorted by name.

    Args:
        archive: A zip file of NAME/docsutf8/ID.txt and NAME/keys/ID.key, UTF-8.

    Raises:
        BadInput: It is not such an archive.
    """
    found: dict[str, dict[str, str]] = {"txt": {}, "key": {}}
    try:
        with zipfile.ZipFile(archive) as files:
            for name in files.namelist():
                stem, _, kind = name.rpartition("/")[2].rpartition(".")
                if stem and kind in found and "/" in name.strip("/").partition("/")[2]:
                    found[kind][stem] = files.read(name).decode("utf-8")
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise BadInput(f"{archive} is not an archive of documents with keyphrases: {error}") from error
    texts, keys = found["txt"], found["key"]
    if incomplete := sorted(texts.keys() ^ keys.keys()):
        raise BadInput(f"{archive}: the document {incomplete[0]} has no {'keys' if incomplete[0] in texts else 'text'}")
    return {name: (texts[name], keys[name]) for name in sorted(texts)}


def one_line(text: str) -> str:
    """Join the lines of a wrapped text; every run of white space becomes one blank."""
    return " ".join(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """Return the distinct phrases of a text of one phrase per line, in order."""
    return tuple(dict.fromkeys(phrase for line in text.split("\n") if (phrase := one_line(line))))
