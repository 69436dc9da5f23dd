"""Rows of a product feed in XML, such as that of Google Merchant Center."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from tagkit.datasets.rejects import FileRow
from tagkit.registry import missing_extra

ENTRIES = ("item", "entry", "product")


def feed_rows(file: IO[bytes]) -> Iterator[FileRow]:
    """Yield one row per item (RSS) or entry (Atom), numbered from 1; its columns are the names of its elements.

    The file is read piece by piece. What follows an error is one row with a reason. A document type is such an error,
    since its entities can grow without bound.

    Raises:
        MissingExtra: The package for XML is not installed.
    """
    try:
        from defusedxml.common import DTDForbidden
        from defusedxml.ElementTree import ParseError, iterparse
    except ModuleNotFoundError as error:
        raise missing_extra(error, "reading feeds in XML") from error
    number, depth = 0, 0
    try:
        for event, element in iterparse(file, ["start", "end"], forbid_dtd=True):
            if _name(element) in ENTRIES:
                depth += 1 if event == "start" else -1
                if event == "end" and depth == 0:
                    number += 1
                    yield FileRow(number, _row(element))
                    element.clear()
    except DTDForbidden:
        yield FileRow(number + 1, None, "it has a document type, whose entities are not read")
    except ParseError as error:
        yield FileRow(number + 1, None, f"not XML from here on: {error}")


def _row(entry: Any) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for element in entry:
        name, text = _name(element), (element.text or "").strip()
        row[name] = [*([row[name]] if isinstance(row[name], str) else row[name]), text] if name in row else text
    return row


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2].lower()
