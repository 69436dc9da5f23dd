"""What the benchmarks share: time a call, print the figures, and keep them as JSON with the machine they are from."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tagkit.experiment import environment


def machine() -> dict[str, Any]:
    """Describe the machine: processor, cores, what it multiplies in hardware, versions."""
    import torch

    from tagkit.neural.hardware import fast_bf16

    able = {"bf16 in hardware": fast_bf16(), "amx": bool(torch.cpu._is_amx_tile_supported())}
    return environment.machine() | able


def seconds(call: Callable[[], Any]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def write(name: str, figures: dict[str, Any], **more: str) -> Path:
    """Print figures and write them to `runs/benchmarks/NAME.json`; the documentation shows `benchmarks/results/`.

    Args:
        name: The benchmark.
        figures: What was measured.
        more: What else the file says: `rows` heads the first column, and `note` stands below the table.
    """
    command = shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    date = datetime.now(UTC).isoformat(timespec="seconds")
    commit = environment.environment()["commit"]
    body = {"benchmark": name, "command": command, "date": date, "commit": commit, "machine": machine()}
    body |= more | {"figures": figures}
    path = Path("runs") / "benchmarks" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
    for key, value in figures.items():
        print(f"{key}: {value}")
    print(f"written to {path}")
    return path
