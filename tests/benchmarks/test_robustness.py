"""A part of the attempts of benchmarks/robustness.py: nothing is lost, nothing crashes, nothing hangs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="processes are limited and killed as on Linux")
def test_a_part_of_the_attempts(tmp_path):
    pytest.importorskip("openai", reason="hosted models need tagkit[llm]")
    pytest.importorskip("pyarrow", reason="Parquet needs tagkit[parquet]")
    pytest.importorskip("torch", reason="the machine is described with tagkit[models]")
    kinds = ["tag", "save", "models", "experiments", "inputs", "server"]
    command = [sys.executable, ROOT / "benchmarks" / "robustness.py", "--share", "0.03"]
    command += [word for kind in kinds for word in ("--only", kind)]
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | paths, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    body = json.loads((tmp_path / "runs" / "benchmarks" / "robustness.json").read_text(encoding="utf-8"))
    assert len(body["figures"]) == len(kinds) and body["commit"] is not None
    for counts in body["figures"].values():
        assert counts["tried"] == counts["refused"] + counts["went on"] > 0
