"""The device and what is set up for it: precision, attention, cuDNN."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="networks need tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural import Backbone, device, hardware  # noqa: E402

CPU, GPU = torch.device("cpu"), torch.device("cuda")


def test_precision_by_device(monkeypatch):
    monkeypatch.setattr(hardware, "fast_bf16", lambda kind: kind == "cuda")
    assert hardware.uses_bf16("auto", GPU) and not hardware.uses_bf16("auto", CPU)
    assert hardware.uses_bf16("bf16", CPU) and not hardware.uses_bf16("fp32", GPU)
    with pytest.raises(BadInput, match="auto, fp32, bf16, not 'fp16'"):
        hardware.uses_bf16("fp16", CPU)


def test_a_gpu_is_set_up_once_it_is_asked_for(monkeypatch):
    switched = []
    monkeypatch.setattr(torch.backends.cuda, "enable_cudnn_sdp", switched.append)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    for kind in (CPU, GPU):
        monkeypatch.setattr(hardware, "PartialState", lambda kind=kind: SimpleNamespace(device=kind))
        assert device() == kind
        assert switched == [False] * (kind == GPU) and torch.backends.cudnn.allow_tf32 is (kind == CPU)


def test_attention_and_mode_of_a_prepared_model(tiny_model):
    backbone = Backbone.load(str(tiny_model)).train()
    hardware.use_fast_attention(backbone, GPU)
    assert backbone.model.config._attn_implementation == "sdpa"
    hardware.prepare(backbone, CPU)
    assert backbone.model.config._attn_implementation == "eager" and not backbone.training


def test_fast_products_of_32_bit_floats_are_exact():
    a, b = torch.randn(64, 300), torch.randn(300, 64)
    with hardware.fast_fp32():
        found = a @ b
    assert torch.get_float32_matmul_precision() == "highest"
    assert torch.allclose(found.double(), a.double() @ b.double(), atol=1e-3)
