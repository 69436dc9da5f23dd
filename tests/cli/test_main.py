"""The command `tagkit`: how it fails, and how fast it starts."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

import tagkit

TAGKIT = [sys.executable, "-m", "tagkit"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("tag 鞋 --tagger nonesuch", "no strategy is called 'nonesuch'; there are: "),
        ("tag 鞋 --data nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("compare --taggers nonesuch", "no strategy is called 'nonesuch'; there are: "),
        ("compare --taggers dictionary --measures nonesuch@5", "no measure is called 'nonesuch'; there are: "),
        ("compare --data nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("compare --taggers dictionary --baseline knn", "the baseline 'knn' does not take part; there are: dictionary"),
        ("compare --set lexicon=1", "--set takes NAME.PARAMETER=VALUE, not 'lexicon=1'"),
        ("compare --taggers dictionary --set knn.k=3", "--set names knn, which does not take part"),
        ("data card nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("data audit nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("data fetch nonesuch", "no data set is called 'nonesuch'; there are: "),
        (f"data card {'长' * 300}", "no data set is called '长长"),
        ("data audit nonesuch.csv", "there is no file nonesuch.csv"),
        ("tag nonesuch.jsonl", "there is no file nonesuch.jsonl"),
        ("tag 鞋 --model nonesuch", "nonesuch holds no saved tagger"),
        ("tag 鞋 --resume", "--resume needs --out"),
        ("tag 鞋 --tagger dictionary --out none/such", "none/such: No such file or directory"),
    ],
)
def test_what_is_not_there_is_one_line(command, message, run):
    found = run(*command.split(), code=2)
    assert found.stdout == ""
    (line,) = found.stderr.splitlines()
    assert line.startswith(f"tagkit: {message}")


def test_version_and_help(run):
    assert run("--version").stdout == f"{tagkit.__version__}\n"
    assert {"tag", "compare", "data", "taggers", "measures"} <= set(run("--help").stdout.split())


def test_help_is_fast_and_imports_nothing_heavy():
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*TAGKIT[:1], "-X", "importtime", *TAGKIT[1:], "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert b"Tag products" in done.stdout and min(seconds) < 0.5, seconds
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert "tagkit.cli.main" in imported
    assert not imported & {"torch", "transformers", "mlflow", "sklearn", "numpy", "pandas", "matplotlib", "jieba"}


def test_import_is_light():
    code = "import sys, tagkit; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tagkit" in modules and not {"torch", "transformers", "mlflow", "numpy"} & set(modules)
