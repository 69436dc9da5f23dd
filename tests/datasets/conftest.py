"""What the tests of data sets share."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tagkit.product import Dataset


@pytest.fixture
def sizes() -> Callable[[Dataset], list[int]]:
    """Count the products of train, dev and test."""
    return lambda data: [len(part) for part in (data.train, data.dev, data.test)]


@pytest.fixture
def archive(tmp_path) -> Callable[[dict[str, str]], Path]:
    """Write a zip file of documents with keyphrases, all in one folder as in the published ones."""

    def make(members: dict[str, str]) -> Path:
        path = tmp_path / "Set.zip"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("Set/language.txt", "english")
            for name, text in members.items():
                file.writestr(f"Set/{name}", text)
        return path

    return make
