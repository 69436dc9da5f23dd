"""What the benchmarks share: print the figures, and keep them as JSON with the machine they are from."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Describe the machine: processor, cores, what it multiplies in hardware, versions."""
    import torch
    import transformers

    from tagkit.training.recipe import fast_bf16

    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "bf16 in hardware": fast_bf16(),
        "amx": bool(torch.cpu._is_amx_tile_supported()),
        "gpu": gpu,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def write(name: str, figures: dict[str, Any]) -> Path:
    """Print figures and write them to `runs/benchmarks/NAME.json`."""
    body = {"benchmark": name, "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), **figures}
    path = Path("runs") / "benchmarks" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
    for key, value in figures.items():
        print(f"{key}: {value}")
    print(f"written to {path}")
    return path
