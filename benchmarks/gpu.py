"""What a GPU gives: training tokens per second, tagging items per second, share of the card's peak.

    python benchmarks/gpu.py [--epochs 10]

Says so and stops where there is no GPU. First the network alone: `minilm-l6` on random tokens (batches of 256 texts of
128 tokens, bf16, sdpa, compiled). The share of the peak counts 6 floating-point operations per weight and token in
training, 2 in tagging, against the card's dense bf16 figure where it is known here. Then the strategy as it is used:
`sequence` learns OA-Mine's 1,452 titles, tags its 491 titles eight times over in 32-bit floats and
in bf16, and one by one; all from strings to tags.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from results_file import seconds, write

from tagkit.datasets import load
from tagkit.neural import Backbone, device
from tagkit.neural.hardware import use_fast_attention
from tagkit.taggers.sequence import SequenceTagger

PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12, "4090": 165e12, "T4": 65e12}
"""Dense bf16 (T4: fp16) operations per second from the makers' data sheets."""
BATCH, TOKENS, STEPS = 256, 128, 50


def main() -> None:
    """Measure, or say that there is no GPU."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("no GPU here: nothing measured (torch.cuda.is_available() is False)")
        return
    name = torch.cuda.get_device_name()
    peak = next((value for key, value in PEAK.items() if key in name), None)
    backbone = Backbone.load("minilm-l6").cuda()
    backbone.freeze_embeddings()
    use_fast_attention(backbone, device())
    weights = sum(p.numel() for p in backbone.parameters() if p.requires_grad)
    training, tagging = train_rate(backbone), tag_rate(backbone)
    figures: dict[str, Any] = {
        "gpu": name,
        "training, tokens/s": round(training),
        f"tagging, texts of {TOKENS} tokens/s": round(tagging / TOKENS),
    }
    if peak:
        figures["training, share of peak"] = round(6 * weights * training / peak, 4)
        figures["tagging, share of peak"] = round(2 * weights * tagging / peak, 4)
    print(figures, flush=True)
    for found in strategy(options.epochs):
        print(found, flush=True)
        figures |= found
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


def strategy(epochs: int) -> Iterator[dict[str, float]]:
    """Yield the rates of `sequence` on OA-Mine as they are measured."""
    data = load("oa_mine")
    tagger = SequenceTagger(model="minilm-l6", epochs=epochs)
    yield {f"sequence, {epochs} epochs, seconds": round(seconds(lambda: tagger.fit(data.train)), 1)}
    many = [replace(product, id=f"{n} {product.id}") for n in range(8) for product in data.test]
    for precision in ("fp32", "bf16"):
        tagger.set_params(tag_precision=precision).predict(data.test)
        yield {f"sequence, {precision}, titles/s": round(len(many) / seconds(lambda: tagger.predict(many)))}
    alone = seconds(lambda: [tagger.predict([product]) for product in data.test[:100]])
    yield {"sequence, one title by itself, ms": round(10 * alone, 1)}


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
