"""What a GPU gives: training tokens per second, tagging items per second, share of the card's peak.

    python benchmarks/gpu.py

Says so and stops where there is no GPU. Trains `minilm-l6` on random tokens (batch 256 of 128 tokens, bf16, sdpa,
compiled) and tags Taobao-length texts; the share of the peak counts 6 floating-point operations per weight and token in
training, 2 in tagging, against the card's dense bf16 figure where it is known here.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from _report import write

from tagkit.pretrained import Backbone

PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12, "4090": 165e12, "T4": 65e12}
"""Dense bf16 (T4: fp16) operations per second from the makers' data sheets."""
BATCH, TOKENS, STEPS = 256, 128, 50


def main() -> None:
    """Measure, or say that there is no GPU."""
    if not torch.cuda.is_available():
        print("no GPU here: nothing measured (torch.cuda.is_available() is False)")
        return
    name = torch.cuda.get_device_name()
    peak = next((value for key, value in PEAK.items() if key in name), None)
    backbone = Backbone.load("minilm-l6").cuda()
    backbone.freeze_embeddings()
    backbone.model.set_attn_implementation("sdpa")
    weights = sum(p.numel() for p in backbone.parameters() if p.requires_grad)
    training, tagging = train_rate(backbone), tag_rate(backbone)
    figures: dict[str, Any] = {"training, tokens/s": round(training), "tagging, texts/s": round(tagging / TOKENS)}
    if peak:
        figures["training, share of peak"] = round(6 * weights * training / peak, 4)
        figures["tagging, share of peak"] = round(2 * weights * tagging / peak, 4)
    write("gpu", figures)


def batch() -> dict[str, torch.Tensor]:
    """Return random tokens."""
    ids = torch.randint(1000, 20_000, (BATCH, TOKENS), device="cuda")
    return {"ids": ids, "mask": torch.ones_like(ids)}


def train_rate(backbone: Backbone) -> float:
    """Return tokens per second of forward, backward and AdamW."""
    model = torch.compile(backbone.train())
    optimizer = torch.optim.AdamW([p for p in backbone.parameters() if p.requires_grad], lr=1e-5, fused=True)
    given = batch()

    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            loss = model(**given).float().square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return _rate(step)


@torch.inference_mode()
def tag_rate(backbone: Backbone) -> float:
    """Return tokens per second of the forward pass."""
    model = torch.compile(backbone.eval())
    given = batch()

    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            model(**given)

    return _rate(step)


def _rate(step: Any) -> float:
    for _ in range(5):
        step()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(STEPS):
        step()
    torch.cuda.synchronize()
    return STEPS * BATCH * TOKENS / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
