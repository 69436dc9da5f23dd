"""The environment that a stored result names: commit, locked packages, hardware."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

import tagkit

LOCK = "constraints.txt"


def root() -> Path:
    """Return the folder that holds the package: in a checkout, the repository."""
    return Path(tagkit.__file__).parents[1]


@cache
def environment() -> dict[str, Any]:
    """Return version, commit, the lock's digest and the machine.

    Returns:
        `tagkit`, `commit` ("" outside a checkout; "+" behind it where tracked files were changed), `constraints` (the
        sha256 of constraints.txt, "" where there is none), and `machine` with `processor`, `cores`, `memory GiB`,
        `gpu`, `python` and the versions of the packages that scores depend on most.
    """
    lock = root() / LOCK
    digest = hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""
    return {"tagkit": tagkit.__version__, "commit": _commit(), "constraints": digest, "machine": machine()}


def machine() -> dict[str, Any]:
    """Describe the machine without importing anything heavy."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = {
        "processor": _processor(),
        "cores": cores,
        "memory GiB": round(psutil.virtual_memory().total / 2**30),
        "gpu": _gpu(),
        "python": platform.python_version(),
    }
    return found | {name: _version(name) for name in ("numpy", "scikit-learn", "torch", "transformers")}


def machine_kind(found: dict[str, Any]) -> str:
    """Say in few words what kind of machine it is."""
    cores = f"{found['cores']} core" + "s" * (found["cores"] != 1)
    return f"{cores} of {found['processor']}" + (f", {found['gpu']}" if found["gpu"] else "")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _gpu() -> str:
    """Return the GPU's name where a strategy has loaded torch already; torch is not loaded for it."""
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch is not None and torch.cuda.is_available() else ""


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _commit() -> str:
    head = _git("rev-parse", "HEAD")
    return f"{head}+" if head and _git("status", "--porcelain", "--untracked-files=no") else head


def _git(*words: str) -> str:
    if not (root() / ".git").exists():
        return ""
    try:
        done = subprocess.run(  # the user's git  # nosec B607
            ["git", "-C", str(root()), *words], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
