"""What is installed: the wheel and the source distribution, built from this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import tagkit

ROOT = Path(tagkit.__file__).parents[1]
BUILD = "import sys; from hatchling import build; getattr(build, sys.argv[1])(sys.argv[2])"


def build(kind: str, source: Path, folder: Path) -> Path:
    """Build a wheel or a source distribution into an empty folder, and return the file."""
    folder.mkdir()
    subprocess.run([sys.executable, "-c", BUILD, kind, folder], cwd=source, check=True, capture_output=True)
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel, unpacked as pip does it."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(build("build_wheel", ROOT, folder / "built")) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def content(folder: Path, prefix: str = "") -> set[str]:
    """Return the files below a folder, without Python's caches and what the package says of itself."""
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {prefix + name for name in names if "__pycache__" not in name and ".dist-info/" not in name}


def test_the_wheel_holds_the_package_the_catalogue_and_the_experiments_alone(wheel):
    expected = content(ROOT / "tagkit", "tagkit/")
    expected |= content(ROOT / "data/catalogue", "tagkit/data/catalogue/")
    expected |= content(ROOT / "experiments", "tagkit/data/experiments/") - {"tagkit/data/experiments/RESULTS.html"}
    assert content(wheel) == expected
    assert {"tagkit/data/catalogue/zh.jsonl", "tagkit/data/experiments/results/catalogue.json"} < expected


def test_the_source_distribution_gives_the_same_wheel(wheel, tmp_path):
    with tarfile.open(build("build_sdist", ROOT, tmp_path / "built")) as archive:
        archive.extractall(tmp_path, filter="data")
    source = next(tmp_path.glob("tagkit-*"))
    assert {"tests/test_packaging.py", "constraints.txt"} < content(source)
    assert not [name for name in content(source) if name.startswith(("mlruns", "runs", ".venv", "docs"))]
    with zipfile.ZipFile(build("build_wheel", source, tmp_path / "wheel")) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == content(wheel)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["reproduce", "--list"], "dsner_ec"),
        (["data", "list"], "catalogue"),
        (["tag", "蓝色高跟鞋", "--tagger", "dictionary"], "高跟鞋 1.00"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_an_installed_wheel_finds_its_data_from_anywhere(wheel, tmp_path, words, shown):
    environment = {name: value for name, value in os.environ.items() if name != "TAGKIT_DATA"}
    environment |= {"PYTHONPATH": str(wheel), "TAGKIT_CACHE": str(tmp_path / "cache")}
    code = "import sys, tagkit; from tagkit.cli import app; print(tagkit.__file__, file=sys.stderr); app(sys.argv[1:])"
    found = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert found.returncode == 0 and shown in found.stdout
    assert found.stderr.startswith(f"{wheel}/tagkit/__init__.py\n")
