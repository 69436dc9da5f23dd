"""The environment that a stored result names."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np

import tagkit
from tagkit.experiment.environment import LOCK, environment, machine, machine_kind, root


def test_it_names_version_lock_and_packages():
    found = environment()
    assert found["tagkit"] == tagkit.__version__ and found["machine"]["numpy"] == np.__version__
    assert found["constraints"] == hashlib.sha256((root() / LOCK).read_bytes()).hexdigest()
    assert found["machine"]["python"] == ".".join(map(str, sys.version_info[:3]))
    head = found["commit"].rstrip("+")
    assert not head or (len(head) == 40 and set(head) <= set("0123456789abcdef"))


def test_the_kind_of_machine_in_few_words():
    assert machine_kind({"processor": "X", "cores": 1, "gpu": ""}) == "1 core of X"
    assert machine_kind({"processor": "X", "cores": 2, "gpu": "H100"}) == "2 cores of X, H100"
    assert machine_kind(machine()).split()[1] in ("core", "cores")


def test_torch_is_not_loaded_to_describe_the_machine():
    code = "import sys; from tagkit.experiment.environment import machine; machine(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
