"""Commands in containers: disks that are full or cannot be written, and a user without a name and a home."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TAGKIT = shlex.join([sys.executable, "-m", "tagkit"])
LEXICON = "--tagger dictionary --data shop.jsonl"
FULL, READ_ONLY = "No space left on device", "Read-only file system"


@pytest.fixture
def disk(shop, tmp_path, monkeypatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run lines of bash where `full FOLDER SIZE` and `read_only FOLDER` mount for these lines alone."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    shutil.copy(shop, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow leaves it behind when other tests log
    helpers = f"""
        full() {{ mkdir -p $1; mount -t tmpfs -o size=$2 none $1; }}
        read_only() {{ mkdir -p $1; mount --bind $1 $1; mount -o remount,bind,ro $1; }}
        tagkit() {{ {TAGKIT} "$@"; }}
    """

    def run(*lines: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        script = "\n".join([helpers, *lines])
        found = subprocess.run(["unshare", "-m", "bash", "-c", script], capture_output=True, text=True)
        assert found.returncode == code, (found.stdout, found.stderr)
        return found

    return run


def said(found: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what a command says beside its progress and what it found in the data."""
    lines = found.stderr.replace("\r", "\n").splitlines()
    return [line for line in lines if line.strip() and " products [" not in line and "`min_chars`" not in line]


@pytest.mark.parametrize(
    ("mount", "reason"),
    [
        ("read_only cache", "the cache {}/cache is not used, so nothing is kept for later commands: " + READ_ONLY),
        ("full cache 4k; echo 1 > cache/fill", "the fitted model is not kept for the next time: " + FULL),
    ],
    ids=["read-only", "full"],
)
def test_a_cache_that_takes_nothing_is_said_once(disk, mount, reason, tmp_path):
    found = disk(mount, f"tagkit tag 红色高跟鞋 {LEXICON} && tagkit tag 红色高跟鞋 {LEXICON}")
    assert found.stdout == "红色 1.00, 高跟鞋 1.00\n" * 2
    assert said(found) == [reason.format(tmp_path)] * 2


def test_rejected_rows_beside_a_file_in_a_read_only_folder(disk):
    Path("in").mkdir()
    Path("in/new.jsonl").write_text('{"id": "a", "title": "红色高跟鞋"}\n{broken\n', encoding="utf-8")
    found = disk("read_only in", f"tagkit tag in/new.jsonl {LEXICON}")
    assert '"红色"' in found.stdout and "in/new.jsonl.rejects.jsonl" in found.stderr
    assert f"warning: the rejected rows cannot be written to in/new.jsonl.rejects.jsonl: {READ_ONLY}\n" in found.stderr


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_tags_on_a_full_disk_are_continued(disk, ending):
    """The lines fill it, or the table that is made of them."""
    Path("many.txt").write_text("".join(f"红色高跟鞋 {number}\n" for number in range(1500)), encoding="utf-8")
    tag, enlarge = f"tagkit tag many.txt {LEXICON} --out out/tags.{ending}", "mount -o remount,size=2m out"
    found = disk("full out 200k", tag, f"{enlarge}; {tag} --resume && cp out/* .")
    assert f"tagkit: out/tags.{ending}: {FULL}; --resume continues with what is tagged already" in said(found)
    assert [path.name for path in Path().glob("tags*")] == [f"tags.{ending}"]
    assert Path(f"tags.{ending}").read_text(encoding="utf-8").count("红色高跟鞋") == 1500


def test_a_full_disk_keeps_the_older_model(disk):
    fit = "tagkit fit shop.jsonl --tagger lexicon --out disk/model"
    found = disk(
        "full disk 16k",
        f"{fit} > /dev/null && head -c 16k /dev/zero > disk/fill; {fit}; ls -A disk/model",
        "tagkit tag 红色高跟鞋 --model disk/model",
    )
    assert "state.zip\n高跟鞋" in found.stdout
    assert f"tagkit: disk/model/state.zip: {FULL}" in said(found)


def test_a_comparison_without_room_for_report_and_mlflow(disk):
    pytest.importorskip("mlflow")
    compare = "tagkit compare --taggers dictionary --data shop.jsonl --samples 20 --measures F1@M"
    found = disk("full runs 4k; echo 1 > runs/fill; full mlruns 64k", compare, code=1)
    assert "dictionary" in found.stdout and "report:" not in found.stdout
    lines = found.stderr.replace("\r", "\n").splitlines()
    lines = [line[line.index("tagkit: ") :] for line in lines if "tagkit: " in line]  # maybe behind progress
    assert lines[0].startswith("tagkit: nothing more is logged: MLflow at sqlite:///")
    assert lines[1].startswith("tagkit: the report: report.html, ") and lines[1].endswith(f" not written: {FULL}")
    assert lines[2].startswith("tagkit: what was computed is kept") and len(lines) == 3


def test_a_user_without_a_name_and_a_home(shop, tmp_path):
    shutil.copy(shop, tmp_path)
    tmp_path.chmod(0o777)
    user = shlex.split("setpriv --reuid 12345 --regid 12345 --clear-groups --no-new-privs")
    user += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]  # Python may be below /root
    if subprocess.run([*user, "true"], capture_output=True).returncode:
        pytest.skip("the user cannot be changed here")
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH")}
    tag = f"tag 红色高跟鞋 {LEXICON}"
    compare = "compare --taggers lexicon --data shop.jsonl --samples 20 --measures F1@M"
    compare += "" if importlib.util.find_spec("mlflow") else " --no-track"
    for words in map(shlex.split, (tag, compare)):
        done = subprocess.run(
            [*user, *shlex.split(TAGKIT), *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0 and ("高跟鞋" in done.stdout or "report: runs/shop" in done.stdout), done.stderr
        assert done.stderr.count("is not used, so nothing is kept for later commands") == 1
        assert "Matplotlib" not in done.stderr and "tagkit: " not in done.stderr
    assert "MLflow: mlflow ui" in done.stdout or "--no-track" in compare
