"""Rows of JSON Lines and JSON documents, the exports of doccano, Label Studio and Argilla, and attribute values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tagkit.datasets.attribute_rows import product_fields
from tagkit.datasets.rejects import FileRow

_BETWEEN = re.compile(r"[\s,]*")


def json_line_rows(lines: Iterable[str]) -> Iterator[FileRow]:
    """Yield one row per line of JSON Lines."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _row(number, json.loads(line))
        except (ValueError, RecursionError) as error:
            yield FileRow(number, line.rstrip("\r\n"), f"not JSON: {error}")


def json_rows(text: str) -> Iterator[FileRow]:
    """Yield the objects of a JSON document, with the lines where they begin.

    The document is an array, a sequence of objects, or an object with one array of objects among its values. What
    follows an error is one row with a reason.
    """
    decoder = json.JSONDecoder()
    start = _BETWEEN.match(text).end()  # type: ignore[union-attr]
    is_array = text[start : start + 1] == "["
    at, line, counted = start + is_array, 1, 0
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        if at == len(text) or text[at] == "]":
            if is_array and at == len(text):
                yield FileRow(line, None, "the document ends within its list")
            return
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield FileRow(line, text[at : at + 200], f"not JSON from here on: {error}")
            return
        if not is_array and isinstance(value, dict) and not text[end:].strip() and (inner := _only_list(value)):
            yield from (_row(line, item) for item in inner)
            return
        yield _row(line, value)
        at = end


def _only_list(value: Mapping[str, Any]) -> list[Any]:
    """Return the only list of objects among an object's values, [] if there is not exactly one."""
    lists = [item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], dict)]
    return lists[0] if len(lists) == 1 and not {"title", "text", "data", "fields"} & value.keys() else []


def _row(line: int, value: Any) -> FileRow:
    if not isinstance(value, dict):
        return FileRow(line, value, "not a JSON object")
    try:
        return FileRow(line, _from_annotation_tool(value))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return FileRow(line, value, f"its labels are malformed: {error!r}")


def _from_annotation_tool(row: dict[str, Any]) -> dict[str, Any]:
    """Turn a record of an annotation tool into a row with `title`, `tags` and `annotations`; return others as they are.

    Label Studio has `data` and `annotations` (or `label` with dictionaries in its short form), Argilla `fields`,
    `responses` and `suggestions`, doccano `text` and `label`, `labels` or `entities`, ExtractGPT `input` and
    `target_scores`.
    """
    if isinstance(row.get("input"), str) and isinstance(row.get("target_scores"), dict):
        rest = {name: value for name, value in row.items() if name not in ("input", "target_scores")}
        return rest | product_fields(row)
    if isinstance(row.get("data"), dict) and isinstance(row.get("annotations", row.get("predictions")), list):
        done = [a for a in row.get("annotations") or () if not a.get("was_cancelled")] or row.get("predictions") or ()
        result = done[0]["result"] if done else ()
        return _labelled(row.get("id"), row["data"], [(mark["value"], mark["type"]) for mark in result])
    if isinstance(row.get("fields"), dict) and ("responses" in row or "suggestions" in row):
        answers = row.get("responses") or {}
        found = [given["value"] for answer in answers.values() for given in answer[:1]]
        found = found or [given["value"] for given in (row.get("suggestions") or {}).values()]
        marks = [mark for value in found for mark in (value if isinstance(value, list) else [value])]
        return _labelled(row.get("id"), row["fields"], [(mark, "") for mark in marks])
    if isinstance(row.get("text"), str) and "title" not in row:
        for name in ("label", "labels", "entities"):
            labels = row.get(name)
            if isinstance(labels, list) and any(isinstance(mark, list | dict) for mark in labels):
                return _labelled(row.get("id"), row, [(mark, "") for mark in labels])
    return row


def _labelled(id: Any, fields: Mapping[str, Any], marks: Iterable[tuple[Any, str]]) -> dict[str, Any]:
    """Make a row from the fields of a record, and its marks: labels of the whole text, or of spans in it."""
    rest = {name: value for name, value in fields.items() if name not in ("label", "labels", "entities")}
    text = next((rest[name] for name in ("title", "text") if name in rest), None)
    if text is None:
        text = next(value for value in rest.values() if isinstance(value, str))
    tags: list[str] = []
    annotations = []
    for mark, kind in marks:
        span = _span(mark)
        if span:
            start, end, label = span
            annotations.append({"text": text[start:end], "source": "gold", "spans": [[start, end]], "type": label})
            tags.append(text[start:end])
        elif isinstance(mark, str):
            tags.append(mark)
        elif isinstance(mark, dict):
            chosen: Any = mark.get(kind or "choices") or mark.get("choices") or mark.get("taxonomy") or ()
            for item in [chosen] if isinstance(chosen, str) else chosen:
                tags.append(item if isinstance(item, str) else "/".join(item))
    return {"id": id, **rest, "title": text, "tags": tags, "annotations": annotations}


def _span(mark: Any) -> tuple[int, int, str] | None:
    """Return start, end and label of a mark in a text, None if it is of the whole text."""
    if isinstance(mark, list):
        start, end, label = mark
        return start, end, label
    if not isinstance(mark, dict):
        return None
    start, end = (mark.get(name, mark.get(f"{name}_offset")) for name in ("start", "end"))
    if start is None or end is None:
        return None
    label = mark.get("label") or next(iter(mark.get("labels") or ()), "")
    return start, end, str(label)
