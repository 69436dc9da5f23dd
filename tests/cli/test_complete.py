"""What the shell completes: the last of several names, with what it means, and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagkit import registry
from tagkit.cli import complete


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_last_name_of_a_list_with_its_summary():
    assert complete.strategies("lex") == [("lexicon", registry.taggers.summary("lexicon"))]
    assert complete.strategies("knn,lex") == [("knn,lexicon", registry.taggers.summary("lexicon"))]
    assert [name for name, _ in complete.strategies("")] == registry.taggers.names()
    assert complete.strategies("no such") == []
    assert [name for name, _ in complete.measures("P,micro-")] == ["P,micro-F1", "P,micro-P", "P,micro-R"]
    assert ("thresholds", registry.steps.summary("thresholds")) in complete.refinements("th")


def test_a_data_set_or_a_file(here):
    (here / "catalogue-2.csv").touch()
    (here / "own[1].csv").touch()
    assert [name for name, _ in complete.datasets("cat")] == ["catalogue", "catalogue-2.csv"]
    assert complete.datasets("own[") == [("own[1].csv", "")], "a bracket is no pattern"


def test_an_experiment_by_name_or_a_file(here):
    (here / "experiments").mkdir()
    for name in ("small.yaml", "shop.yaml", "notes.md"):
        (here / "experiments" / name).touch()
    assert complete.experiments("s") == [("shop", ""), ("small", "")]
    assert complete.experiments("experiments/n") == [("experiments/notes.md", "")]
