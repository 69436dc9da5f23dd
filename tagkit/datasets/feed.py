"""Rows of a product feed in XML, such as that of Google Merchant Center."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from xml.etree import ElementTree

from tagkit.datasets.rejects import FileRow

ENTRIES = ("item", "entry", "product")


def feed_rows(file: IO[bytes]) -> Iterator[FileRow]:
    """Yield one row per item (RSS) or entry (Atom), numbered from 1; its columns are the names of its elements.

    The file is read piece by piece. What follows an error is one row with a reason. A document type is such an error,
    since its entities can grow without bound.
    """
    parser: Any = ElementTree.XMLPullParser(["start", "end"])
    number, depth = 0, 0
    try:
        for block in iter(lambda: file.read(1 << 16), b""):
            if b"<!DOCTYPE" in block or b"<!ENTITY" in block:
                raise ElementTree.ParseError("it has a document type")
            parser.feed(block)
            for event, element in parser.read_events():
                if _name(element) not in ENTRIES:
                    continue
                depth += 1 if event == "start" else -1
                if event == "end" and depth == 0:
                    number += 1
                    yield FileRow(number, _row(element))
                    element.clear()
        parser.close()
    except ElementTree.ParseError as error:
        yield FileRow(number + 1, None, f"not XML from here on: {error}")


def _row(entry: ElementTree.Element) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for element in entry:
        name, text = _name(element), (element.text or "").strip()
        row[name] = [*([row[name]] if isinstance(row[name], str) else row[name]), text] if name in row else text
    return row


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()
