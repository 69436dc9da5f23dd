"""Where weights come from, in which order, and that nothing half-made is left when something goes wrong."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tagkit.cli import app
from tagkit.errors import BadInput, MissingExtra, TagkitError, WeightsMissing
from tagkit.weights import hub, ready, wheel
from tagkit.weights import models as weights

pytest.importorskip("huggingface_hub")

HUB = "some-org/tiny"
MODEL = {"config.json": "{}", "model.safetensors": "weights", "tokenizer.json": "{}", "tokenizer_config.json": "{}"}


def make_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, content in MODEL.items():
        (folder / name).write_text(content)
    return folder


def make_wheel(folder: Path, extra: str = "") -> Path:
    """Write a wheel that pip accepts, with a model inside and perhaps one more member."""
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
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def entry(tmp_path, monkeypatch) -> weights.Entry:
    """The known model "tiny", whose wheel lies in a local folder; every other source is empty or switched off."""
    wheel = make_wheel(tmp_path / "wheels")
    made = weights.Entry(
        "tiny", HUB, "tiny-model", "1.0", sha256(wheel), "tiny_model/model", ready.convert, "none", "Tiny.", "none"
    )
    monkeypatch.setitem(weights.ENTRIES, "tiny", made)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("TAGKIT_MODELS", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return made


def left_in_cache() -> list[str]:
    return sorted(path.name for path in weights.cache_folder("weights").iterdir())


def test_the_sources_in_their_order(entry, tmp_path, monkeypatch):
    snapshots = tmp_path / "hub" / "models--some-org--tiny"
    in_hub_cache = make_model(snapshots / "snapshots" / "abc")
    (snapshots / "refs").mkdir()
    (snapshots / "refs" / "main").write_text("abc")
    monkeypatch.setenv("TAGKIT_MODELS", str(tmp_path / "models"))
    from_hub = make_model(tmp_path / "from-hub")
    monkeypatch.setattr(hub, "download", lambda repository: from_hub)
    places = [
        make_model(Path.cwd() / "tiny"),
        make_model(tmp_path / "models" / "tiny"),
        make_model(tmp_path / "models" / "some-org" / "tiny"),
        make_model(entry.folder),
        in_hub_cache,
        from_hub,
    ]
    for place in places:
        assert weights.path("tiny") == place
        if place != from_hub:
            assert weights.where("tiny") == place
        shutil.rmtree(place)
    assert weights.where("tiny") is None

    def unreachable(repository):
        raise hub.NoHub("unreachable")

    monkeypatch.setattr(hub, "download", unreachable)
    assert weights.path("tiny") == entry.folder
    assert {path.name: path.read_text() for path in entry.folder.iterdir()} == MODEL


def test_the_hub_name_finds_the_entry_and_the_second_call_downloads_nothing(entry, monkeypatch):
    place = weights.path(HUB)
    monkeypatch.setattr(wheel, "download", None)
    assert weights.path(HUB) == weights.path("tiny") == weights.where(HUB) == place


def test_a_path(entry, tmp_path, monkeypatch):
    place = make_model(tmp_path / "my model")
    assert weights.path(str(place)) == place
    monkeypatch.setenv("HOME", str(tmp_path))
    assert weights.path("~/my model") == place


@pytest.mark.parametrize("lacking", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_path_that_is_no_model_directory(entry, tmp_path, lacking):
    place = make_model(tmp_path / "broken")
    (place / lacking).unlink()
    with pytest.raises(BadInput, match=f"broken is not a model directory: it has no {lacking}"):
        weights.path(str(place))
    with pytest.raises(BadInput, match="is not a model directory"):
        weights.path(str(place / "tokenizer_config.json"))


def test_a_shard_that_is_absent(entry, tmp_path):
    place = make_model(tmp_path / "sharded")
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (place / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BadInput, match=r"it has no model-2\.safetensors"):
        weights.path(str(place))


def test_no_name(entry):
    with pytest.raises(BadInput, match="empty"):
        weights.path(" ")


def test_a_broken_folder_in_tagkit_models_is_named_and_one_that_only_shares_the_name_is_not(
    entry, tmp_path, monkeypatch
):
    Path("tiny").mkdir()
    assert weights.path("tiny") == entry.folder
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    monkeypatch.setenv("TAGKIT_MODELS", str(tmp_path / "models"))
    with pytest.raises(BadInput, match="models/tiny is not a model directory"):
        weights.path("tiny")


def test_nothing_found_names_every_source_and_what_to_do(entry, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(WeightsMissing) as caught:
        weights.path("tiny")
    said = str(caught.value)
    for part in ("TAGKIT_MODELS", "tiny-1.0", "hub cache", "HF_HUB_OFFLINE", "tiny-model==1.0", "No matching dist"):
        assert part in said
    assert "\n" not in said and isinstance(caught.value, FileNotFoundError) and isinstance(caught.value, TagkitError)
    assert left_in_cache() == []
    with pytest.raises(WeightsMissing, match="known by name are minilm-l6, e5-small"):
        weights.path("some-org/other")


def test_a_wrong_checksum_is_one_error_and_leaves_nothing(entry, monkeypatch):
    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(entry, sha256="0" * 64))
    with pytest.raises(BadInput, match=f"its sha256 is {entry.sha256}, not 0000"):
        weights.path("tiny")
    assert left_in_cache() == []


@pytest.mark.parametrize(
    "member", ["../../escaped", "/tmp/tagkit-escaped", "tiny_model/../../../escaped", "..\\escaped"]
)
def test_a_member_that_leaves_the_target_is_refused(entry, tmp_path, monkeypatch, member):
    wheel = make_wheel(tmp_path / "wheels", extra=member)
    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(entry, sha256=sha256(wheel)))
    with pytest.raises(BadInput, match="is refused: its member"):
        weights.path("tiny")
    assert left_in_cache() == []
    assert not list(tmp_path.rglob("*escaped")) and not Path("/tmp/tagkit-escaped").exists()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_is_stopped_leaves_nothing(entry, monkeypatch, error):
    def stopped(source, target):
        ready.convert(source, target)
        raise error

    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(entry, convert=stopped))
    with pytest.raises(error):
        weights.path("tiny")
    assert left_in_cache() == [] and weights.where("tiny") is None


def test_what_a_killed_run_left_is_not_used_and_goes_after_a_day(entry):
    cache = weights.cache_folder("weights")
    old, new = (make_model(cache / f"{wheel.UNFINISHED}{age}" / "model").parent for age in ("old", "new"))
    os.utime(old, (time.time() - 2 * wheel.DAY,) * 2)
    assert weights.where("tiny") is None
    assert weights.path("tiny") == entry.folder
    assert left_in_cache() == sorted([new.name, entry.folder.name])


def test_a_converted_model_that_lost_a_file_is_made_again(entry):
    (weights.path("tiny") / "model.safetensors").unlink()
    assert weights.where("tiny") is None
    assert (weights.path("tiny") / "model.safetensors").is_file()


def test_another_process_that_is_faster_wins(entry, monkeypatch):
    def slow(source, target):
        ready.convert(source, target)
        make_model(entry.folder)

    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(entry, convert=slow))
    assert weights.path("tiny") == entry.folder
    assert left_in_cache() == [entry.folder.name]


def test_a_package_that_the_conversion_needs_is_named(entry, monkeypatch):
    def needs(source, target):
        import no_such_package  # noqa: F401

    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(entry, convert=needs))
    with pytest.raises(MissingExtra, match="the model tiny needs the package no_such_package"):
        weights.path("tiny")


def test_a_wheel_without_the_model(entry, monkeypatch):
    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(entry, inside="tiny_model/other"))
    with pytest.raises(BadInput, match=r"as tiny_model/other gives no config\.json"):
        weights.path("tiny")


def test_a_python_without_pip(entry, tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '{sys.executable}: No module named pip' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(WeightsMissing, match=r"has no pip: run .* -m ensurepip"):
        weights.path("tiny")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    with pytest.raises(WeightsMissing, match="pip does not run"):
        weights.path("tiny")


def test_a_hub_that_does_not_answer_costs_seconds_and_only_once(entry, monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE")
    hub._unreachable.cache_clear()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(hub, "SECONDS", 1)
        for most in (2, 0.5):
            start = time.monotonic()
            with pytest.raises(WeightsMissing, match=r"the hub \(http://127"):
                weights.path("some-org/other")
            assert time.monotonic() - start < most
        assert weights.path("tiny") == entry.folder
    hub._unreachable.cache_clear()


def test_the_command(entry, monkeypatch):
    run = CliRunner().invoke
    assert run(app, ["models", "path", "tiny"]).exit_code == 2
    fetched = run(app, ["models", "fetch", "tiny"])
    assert fetched.stdout.strip() == str(entry.folder)
    assert run(app, ["models", "path", "tiny"]).stdout.strip() == str(entry.folder)
    rows = {row["name"]: row for row in json.loads(run(app, ["models", "list", "--json"]).stdout)}
    assert rows["tiny"]["path"] == str(entry.folder) and rows["e5-small"]["path"] is None
    assert rows["e5-small"]["hub"] == "intfloat/multilingual-e5-small" and rows["e5-small"]["licence"] == "MIT"
    text = run(app, ["models", "list"]).stdout
    assert str(entry.folder) in text and "tagkit models fetch minilm-l6" in text


def test_the_command_says_an_error_in_one_line_and_imports_no_torch(entry, tmp_path):
    code = (
        "import sys; from tagkit.cli import app\n"
        "try: app(sys.argv[1:])\n"
        "finally: assert not {'torch', 'transformers'} & set(sys.modules), 'heavy'"
    )
    for words, status in ((["--help"], 0), (["models", "list"], 0), (["models", "path", str(tmp_path)], 2)):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
        assert done.returncode == status, done.stderr
    assert done.stderr.strip() == f"tagkit: {tmp_path} is not a model directory: it has no config.json"
