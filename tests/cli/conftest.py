"""What the tests of the commands share: a folder to work in, a user's own file, and the command itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tagkit
from tagkit.cli import app


@pytest.fixture(scope="module", autouse=True)
def workplace(tmp_path_factory):
    """A folder to work in and a cache for the file, so that a strategy is fitted once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("PYTHONPATH", str(Path(tagkit.__file__).parents[1]))
        patch.chdir(tmp_path_factory.mktemp("work"))
        yield


@pytest.fixture(scope="module")
def write() -> Callable[..., None]:
    """Write rows (JSON values or lines) into a file."""

    def write(name: str, *rows: dict | str) -> None:
        lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
        Path(name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    return write


@pytest.fixture(scope="module")
def shop(products, workplace, write) -> str:
    """A user's own file."""
    parts = ["train"] * 12 + ["dev"] * 4 + ["test"] * 8
    rows = [product.to_dict() | {"split": part} for product, part in zip(products, parts, strict=True)]
    write("shop.jsonl", *rows)
    return "shop.jsonl"


@pytest.fixture(scope="session")
def run() -> Callable[..., object]:
    """Run `tagkit` with some words, and check its exit code."""
    runner = CliRunner()

    def run(*words: object, code: int = 0, input: str | None = None):
        found = runner.invoke(app, [str(word) for word in words], input=input)
        assert found.exit_code == code, (found.stdout, found.stderr, found.exception)
        return found

    return run


@pytest.fixture(scope="session")
def texts() -> Callable[[str], list[str]]:
    """Return the texts of the tags of a line."""
    return lambda line: [tag["text"] for tag in json.loads(line)["tags"]]
