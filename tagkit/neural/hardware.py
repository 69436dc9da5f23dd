"""The device that networks run on: which one it is, how it is set up, and which precision is fast on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Literal, get_args

import torch
from accelerate import PartialState
from torch import nn
from transformers import PreTrainedModel

from tagkit.errors import BadInput
from tagkit.process_wide import process_wide

Precision = Literal["auto", "fp32", "bf16"]


def device() -> torch.device:
    """Return the fastest device there is, as accelerate finds it, and set it up for batches of many lengths.

    On a GPU cuDNN is kept from what is slow or inexact for length buckets, for the whole process. Its attention is set
    up anew for every shape, and buckets have hundreds: five epochs of OA-Mine took 29 s and 3.2 GiB of an H100 with it,
    11 s and 1.2 GiB with torch's own. Its recurrent networks multiply in TF32 unless told not to, which most likely is
    why scores of `seq2seq` changed by 1e-3 with the batch there.
    """
    found: torch.device = PartialState().device
    if found.type == "cuda":
        torch.backends.cuda.enable_cudnn_sdp(False)
        torch.backends.cudnn.allow_tf32 = False
    return found


@cache
def fast_bf16(kind: str = "cpu") -> bool:
    """Return whether a kind of device multiplies bf16 in hardware (AMX, AVX-512 BF16, or a GPU since Ampere).

    Args:
        kind: The type of a `torch.device`: "cpu", "cuda", ...
    """
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if kind != "cpu":
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def uses_bf16(precision: str, where: torch.device) -> bool:
    """Return whether a network computes in bf16.

    Args:
        precision: "fp32", "bf16", or "auto": bf16 where the device multiplies it in hardware.
        where: The device.

    Raises:
        BadInput: The precision is none of these.
    """
    check_precision(precision)
    return fast_bf16(where.type) if precision == "auto" else precision == "bf16"


def check_precision(precision: str) -> None:
    """Raise `BadInput` unless the precision is one of `Precision`."""
    if precision not in get_args(Precision):
        raise BadInput(f"precision is one of {', '.join(get_args(Precision))}, not {precision!r}")


@process_wide
@contextmanager
def fast_fp32() -> Iterator[None]:
    """Let oneDNN multiply matrices of 32-bit floats on a CPU with AVX-512, in the whole process.

    torch otherwise leaves them to MKL, which uses no AVX-512 on processors of AMD. The numbers stay those of 32-bit
    floats: torch's setting lets oneDNN compute in bf16, but it does so with AMX only, where this changes nothing.
    """
    if torch.cuda.is_available() or not torch.cpu._is_avx512_supported() or torch.cpu._is_amx_tile_supported():
        yield
        return
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def use_fast_attention(model: nn.Module, where: torch.device) -> None:
    """Let each transformers model in a network compute attention in the way that is fastest on a device.

    On a CPU that is "eager": training under bf16 is faster with it than with torch's fused attention, by 3 % on short
    titles with AVX-512 BF16 (`benchmarks/economy.py`), by more with AMX. On a GPU it is the fused one, "sdpa".
    """
    for part in model.modules():
        if isinstance(part, PreTrainedModel):
            part.set_attn_implementation("sdpa" if where.type == "cuda" else "eager")


def prepare(model: nn.Module, where: torch.device) -> None:
    """Move a model to a device and into evaluation mode.

    Nothing is done where it is so already: walking through the parts of a model takes milliseconds.
    """
    if model.training or next(model.parameters()).device != where:
        model.to(where).eval()
        use_fast_attention(model, where)
