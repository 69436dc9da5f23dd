"""Tables of broader tags: a user's own, and the product taxonomy that Google publishes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tagkit.datasets import store
from tagkit.datasets.tag_table import tag_rows
from tagkit.errors import BadInput
from tagkit.taxonomy import ancestors

GOOGLE = "google_taxonomy"
FILES = (f"{GOOGLE}/taxonomy-with-ids.en-US.txt", f"{GOOGLE}/taxonomy-with-ids.zh-CN.txt")
"""The taxonomy in English (of 2015) and Chinese (of 2012)."""


def load_parents(source: str | Path) -> dict[str, tuple[str, ...]]:
    """Return the broader tags of each tag, as in `Dataset.parents`.

    Args:
        source: "google_taxonomy", or the path of a table (see `read_parents`).

    Raises:
        BadInput: The file is wrong.
        DataMissing: The taxonomy is neither on this machine nor could it be downloaded.
    """
    return google_taxonomy() if str(source) == GOOGLE else read_parents(source)


def read_parents(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Return the broader tags of a table of two columns, tag and parent, under the rules of `tag_rows`.

    A tag with several parents has a row for each, the nearest first. What stands above a parent need not be repeated.

    Raises:
        BadInput: As `tag_rows`, the table is empty, or a tag is broader than itself.
    """
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for row in tag_rows(path, "parent"):
        found[row.tag][row.value] = None
    if not found:
        raise BadInput(f"{path} has no rows of a tag and its parent")
    parents = {tag: tuple(above) for tag, above in found.items()}
    try:
        ancestors(parents)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error
    return parents


def google_taxonomy() -> dict[str, tuple[str, ...]]:
    """Return all names above each name of Google's product taxonomy, the nearest first, in English and in Chinese.

    Names are those of the taxonomy (Clothing, 服饰); a data set's tags are found whatever their case. A name at several
    places of the tree (手电筒: 26 of the Chinese ones) has those parents only that it has at all of them, perhaps none.
    The files are those of github.com/idy/google-taxonomy-go, which is under the MIT licence; the text is Google's.

    Raises:
        DataMissing: The files are neither on this machine nor could they be downloaded.
    """
    found: dict[str, tuple[str, ...]] = {}
    for file in FILES:
        places: dict[str, list[list[str]]] = defaultdict(list)
        for line in store.path(file).read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                *above, name = line.partition(" - ")[2].split(" > ")
                places[name].append(list(dict.fromkeys(reversed(above))))
        for name, (first, *others) in places.items():
            common = [up for up in first if up != name and all(up in other for other in others)]
            if common:
                found[name] = (*found.get(name, ()), *common)
    return found
