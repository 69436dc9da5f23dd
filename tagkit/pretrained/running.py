"""Run a model over many windows: length buckets, the fastest device, the wanted precision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from tagkit.pretrained.tokens import Window
from tagkit.training.batches import sorted_buckets
from tagkit.training.recipe import resolve_precision, use_fast_attention


def pad(windows: Sequence[Window], padding: int) -> dict[str, Tensor]:
    """Return the token ids and the mask of a batch, shape (batch, longest)."""
    width = max(map(len, windows))
    ids = np.full((len(windows), width), padding, dtype=np.int64)
    mask = np.zeros((len(windows), width), dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window.ids
        mask[row, : len(window)] = 1
    return {"ids": torch.from_numpy(ids), "mask": torch.from_numpy(mask)}


@torch.inference_mode()
def run(
    model: nn.Module, windows: Sequence[Window], padding: int, precision: str = "fp32", **extra: Any
) -> Iterator[tuple[list[int], Tensor]]:
    """Run a model over windows in length buckets.

    Args:
        model: Takes `ids` and `mask`; it is put on the fastest device there is, and into evaluation mode.
        windows: What to read.
        padding: The id of the padding token.
        precision: "fp32", "bf16", or "auto": bf16 where the device multiplies it in hardware.
        **extra: More keywords for the model.

    Yields:
        The positions of a batch's windows, and the model's output for them in fp32 on the CPU.
    """
    device = Accelerator().device
    model.to(device).eval()
    use_fast_attention(model, str(device))
    low = resolve_precision(precision, str(device)) == "bf16"
    for batch in sorted_buckets([len(window) for window in windows]):
        given = {key: value.to(device) for key, value in pad([windows[i] for i in batch], padding).items()}
        with torch.autocast(device.type, torch.bfloat16, enabled=low):
            output = model(**given, **extra)
        yield batch, output.float().cpu()
