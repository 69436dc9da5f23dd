"""What a training run is told: how long, how fast, in which precision, from which seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from tagkit.errors import BadInput

PRECISIONS = ("auto", "fp32", "bf16")


@dataclass(frozen=True)
class Recipe:
    """Settings of `train`.

    Attributes:
        epochs: Passes over the training examples at most.
        learning_rate: The highest, reached after warm-up; it then falls linearly to 0.
        head_rate: By how much the learning rate of the newly made layers is multiplied.
        batch_size: Examples per step.
        accumulate: Steps whose gradients are added before the weights change.
        warmup: Share of the steps in which the learning rate rises.
        weight_decay: Of AdamW, on matrices only.
        clip: Gradients longer than this are scaled down to it.
        average: Decay of the moving average of the weights that is used in the end; 0: none is kept.
        precision: "bf16" computes under autocast, "fp32" does not, "auto" takes bf16 where the processor multiplies
            it in hardware.
        patience: Stop after so many epochs without a better figure on dev; 0: never.
        seed: Of the order of examples and of dropout.
        compile: Whether to compile the model with torch.compile. On an H100 the first two steps then took a minute,
            where OA-Mine's fifteen epochs take half a minute without.
    """

    epochs: int = 10
    learning_rate: float = 5e-4
    head_rate: float = 1.0
    batch_size: int = 16
    accumulate: int = 1
    warmup: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    average: float = 0.0
    precision: str = "auto"
    patience: int = 0
    seed: int = 0
    compile: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with."""
        for name in ("epochs", "batch_size", "accumulate"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise BadInput(f"{name} is a whole number of at least 1, not {getattr(self, name)!r}")
        for name in ("learning_rate", "clip", "head_rate"):
            if not getattr(self, name) > 0:
                raise BadInput(f"{name} is above 0, not {getattr(self, name)!r}")
        for name in ("warmup", "average"):
            if not 0 <= getattr(self, name) < 1:
                raise BadInput(f"{name} is at least 0 and below 1, not {getattr(self, name)!r}")
        if self.precision not in PRECISIONS:
            raise BadInput(f"precision is one of {', '.join(PRECISIONS)}, not {self.precision!r}")


@cache
def fast_bf16(device: str = "cpu") -> bool:
    """Say whether a device multiplies bf16 in hardware (AMX, AVX-512 BF16, or a GPU since Ampere)."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device != "cpu":
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def use_fast_attention(model: Any, device: str) -> None:
    """Let each transformers model in a network compute attention the way that is fastest on a device.

    On a CPU that is "eager": training under bf16 is faster with it than with torch's fused attention, by 3 % on short
    titles with AVX-512 BF16 (`benchmarks/economy.py`), by more with AMX; on a GPU it is the fused one, "sdpa".
    """
    if device.startswith("cuda"):
        set_up_gpu()
    for part in model.modules():
        if hasattr(part, "set_attn_implementation"):
            part.set_attn_implementation("sdpa" if device.startswith("cuda") else "eager")


def set_up_gpu() -> None:
    """Keep cuDNN from what is slow or inexact for length buckets, in this process.

    Its attention is set up anew for every shape, and buckets have hundreds: five epochs of OA-Mine took 29 s and
    3.2 GiB of an H100 with it, 11 s and 1.2 GiB with torch's own. Its recurrent networks multiply in TF32 unless told
    not to, which most likely is why scores of `seq2seq` moved by 1e-3 with the batch there.
    """
    import torch

    torch.backends.cuda.enable_cudnn_sdp(False)
    torch.backends.cudnn.allow_tf32 = False


def resolve_precision(precision: str, device: str) -> str:
    """Return "bf16" or "fp32" for a setting and a device."""
    if precision == "auto":
        return "bf16" if fast_bf16(device) else "fp32"
    return precision
