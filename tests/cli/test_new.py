"""`tagkit new`: every skeleton is written, passes its test, and is found where it is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

KINDS = ("tagger", "measure", "dataset", "experiment")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty folder outside of the repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


def test_every_skeleton_passes_its_test(home, run):
    """All four in one run of pytest, which is slow to start."""
    for kind in KINDS:
        said = run("new", kind, f"own_{kind}").stdout.splitlines()
        assert said[1] == f"test it: python -m pytest test_own_{kind}.py" and "read on: " in said[-1]
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "7 passed" in done.stdout, done.stdout + done.stderr


def test_what_was_written_is_found_by_every_command(home, run):
    for kind in ("tagger", "measure", "dataset"):
        run("new", kind, f"my_{kind}")
    words = ("--data", "my_dataset:MyDataset", "--taggers", "lexicon,my_tagger:MyTagger")
    found = run("compare", *words, "--measures", "F1@M,my_measure:MyMeasure@1", "--no-track", "--out", "report")
    assert "my_tagger:MyTagger" in found.stdout and "my_measure:MyMeasure@1" in found.stdout
    run("data", "audit", "my_dataset:MyDataset")
    run("fit", "my_dataset:MyDataset", "--tagger", "my_tagger:MyTagger", "--out", "model")
    shown = run("evaluate", "model", "my_dataset:MyDataset", "--tagger", "my_tagger:MyTagger", "--measures", "F1@M")
    assert shown.stdout.startswith("my_tagger on my_dataset, test: 1 products")
    assert run("check", "my_tagger:MyTagger").stdout.count("ok ") > 10


def test_in_a_checkout_they_go_to_their_packages(home, run):
    Path("tagkit").mkdir()
    Path("tagkit/registry.py").touch()
    run("new", "measure", "hit_rate")
    run("new", "experiment", "two_ways")
    assert "from tagkit.measures.hit_rate import HitRate" in Path("tests/measures/test_hit_rate.py").read_text()
    assert Path("tagkit/measures/hit_rate.py").is_file() and Path("experiments/two_ways.yaml").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("taggers", "x"), "did you mean 'tagger'?"),
        (("tagger", "My-Tagger"), "a name has lower-case letters, digits and _"),
        (("tagger", "lexicon"), "there is a tagger called lexicon already"),
        (("tagger", "twice"), "twice.py is there already"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(home, run, words, message):
    Path("twice.py").write_text("mine", encoding="utf-8")
    assert message in run("new", *words, code=2).stderr
    assert [path.name for path in Path().iterdir()] == ["twice.py"] and Path("twice.py").read_text() == "mine"
