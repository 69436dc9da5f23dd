"""Read the OpenBG items out of EcomGPT's task files: titles with attributes, some with a category."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tagkit.datasets import store
from tagkit.errors import BadInput

FILE = "ecomgpt_zh/ZH-OpenBG_Align-{}.test.json"
TASKS = (
    "CLS-item_coarse_classify",
    "CLS-item_fine_classify",
    "CLS-item_align",
    "CLS-title_attribute_matching",
    "Generate-title_generate",
)
Pairs = dict[tuple[str, str], None]
"""Attribute and value pairs, in order and each once."""


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file that holds JSON lines or one JSON list."""
    text = path.read_text(encoding="utf-8")
    try:
        yield from (
            json.loads(text) if text.lstrip().startswith("[") else map(json.loads, filter(str.strip, _lines(text)))
        )
    except ValueError as error:
        raise BadInput(f"{path} is neither JSON lines nor a JSON list: {error}") from error


def _lines(text: str) -> list[str]:
    return text.split("\n")  # splitlines() would also cut at separators that may stand inside a JSON string


def _pairs(text: str) -> Pairs:
    cut = (part.partition("#:#") for part in text.split("#;#"))
    return {(key.strip(), value.strip()): None for key, _, value in cut}


def _title_first(text: str) -> tuple[str, str]:
    """Cut "title, key#:#value#;#…" before the first key; the title may hold commas, a key does not."""
    head, mark, tail = text.partition("#:#")
    title, _, key = head.rpartition(", ")
    return title, key + mark + tail


def _items(task: str, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the (title, attributes) of one row of a task."""
    text = row["sentences"]
    if task == "Generate-title_generate":
        yield row["spans"][0]["term"], text
    elif task == "CLS-title_attribute_matching":
        title, found, attributes = text.removeprefix("Title: ").partition(", Attritute: ")
        if found and row["labels"]["en"] == ["match"]:
            yield title, attributes
    elif task == "CLS-item_align":
        for item in text.removeprefix("Item 1: ").split(",\nItem 2: "):
            yield _title_first(item)
    else:
        title, _, attributes = text.partition("\t")
        yield title, attributes


def collect() -> tuple[dict[str, Pairs], dict[str, str]]:
    """Return the attributes and the category of each distinct title, in order of the files.

    Attributes of a title that occurs more than once are united; its first category counts.

    Raises:
        BadInput: A file is not of the expected form.
        DataMissing: A file is not to be had.
    """
    attributes: dict[str, Pairs] = {}
    categories: dict[str, str] = {}
    for task in TASKS:
        path = store.path(FILE.format(task))
        for row in _rows(path):
            try:
                for title, pairs in _items(task, row):
                    if (title := title.strip()) and "#:#" in pairs:
                        attributes.setdefault(title, {}).update(_pairs(pairs))
                        if "classify" in task:
                            levels = (row["labels"]["coarse"][0], row["labels"]["fine"][0].replace("/", "、"))
                            categories.setdefault(title, "/".join(levels))
            except (KeyError, IndexError, TypeError) as error:
                raise BadInput(f"{path}: unexpected row {str(row)[:80]!r}") from error
    return attributes, categories
