"""The text that can be read in a photo: lines with their boxes, kept on disk so that each photo is read once.

Source: PP-OCRv4 (https://github.com/PaddlePaddle/PaddleOCR), Chinese and English, run by RapidOCR on ONNX Runtime; the
models are part of the package `rapidocr-onnxruntime`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rapidocr_onnxruntime import RapidOCR

from tagkit.cache import cache_folder
from tagkit.files import replacing

if TYPE_CHECKING:
    from PIL.Image import Image

PACKAGE = "rapidocr-onnxruntime"
LARGEST = 1280
"""Photos are reduced to at most so many pixels on the longer side."""


class Line(NamedTuple):
    """A line of text in a photo.

    Attributes:
        text: What it says.
        score: How sure the model is, from 0.5 to 1.
        box: Its left, top, right and bottom edges, as shares of the photo's width and height.
    """

    text: str
    score: float
    box: tuple[float, float, float, float]


def read_lines(photo: Image, digest: str) -> list[Line]:
    """Return the lines of text in a photo, from top to bottom.

    Args:
        photo: An image in RGB.
        digest: The sha256 of the photo's content, under which the lines are kept.
    """
    place = _place(digest)
    if (known := _stored(place)) is not None:
        return known
    lines = _read(photo)
    with suppress(OSError):  # then the photo is read again the next time
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place, lasting=False) as file:
            file.write(json.dumps(lines, ensure_ascii=False).encode())
    return lines


def stored_lines(digest: str) -> list[Line] | None:
    """Return the lines of a photo that was read before; None for any other."""
    return _stored(_place(digest))


def joined(lines: Iterable[Line]) -> str:
    """Return the text of lines, each different one once, with line breaks between them."""
    return "\n".join(dict.fromkeys(line.text for line in lines))


def _place(digest: str) -> Path:
    return cache_folder("photo-text") / f"{PACKAGE}-{metadata.version(PACKAGE)}" / digest[:2] / f"{digest}.json"


def _stored(place: Path) -> list[Line] | None:
    try:
        rows = json.loads(place.read_bytes())
        if not isinstance(rows, list):
            return None
        return [Line(str(text), float(score), tuple(map(float, box))) for text, score, box in rows]  # type: ignore
    except (OSError, ValueError, TypeError):  # absent or damaged
        return None


def _read(photo: Image) -> list[Line]:
    small = photo.copy()
    small.thumbnail((LARGEST, LARGEST))
    width, height = small.size
    found, _ = _engine()(np.asarray(small)[:, :, ::-1])
    lines = []
    for corners, text, score in found or []:
        x, y = np.clip(np.asarray(corners, dtype=float) / (width, height), 0, 1).round(4).T.tolist()
        text = " ".join(str(text).split())
        if any(map(str.isalnum, text)):
            lines.append(Line(text, round(float(score), 4), (min(x), min(y), max(x), max(y))))
    return lines


@cache
def _engine() -> Any:
    level = logging.getLogger().level
    engine = RapidOCR()
    logging.getLogger().setLevel(level)
    return engine
