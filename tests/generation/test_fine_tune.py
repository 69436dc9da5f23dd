"""Fine-tuning: the loss, and exchanged values."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
from tagkit.generation.fine_tune import ProductSwap, collate, loss  # noqa: E402
from tagkit.generation.prompt_format import Item  # noqa: E402
from tagkit.generation.target_order import TargetOrder  # noqa: E402
from tagkit.product import Span, Tag  # noqa: E402
from tagkit.taggers import create  # noqa: E402

A, B, C = (1, 2), (1, 3), (4,)
SEPARATOR, END = 8, 9


def epochs(tagger):
    return [row["epoch_loss"] for row in tagger.history_ if "epoch_loss" in row]


@pytest.fixture(scope="module")
def make(tiny_writer):
    """Make a generator with the tiny model and a short training."""

    def get(**params):
        small = {"model": str(tiny_writer), "epochs": 1, "learning_rate": 3e-3, "precision": "fp32"}
        return create("generator", **{**small, **params})

    return get


def test_the_loss_covers_the_tags_only(model):
    orders = TargetOrder("given", [], SEPARATOR, END)
    prompts, targets = [[5, 6, 7], [5]], [orders([A]), orders([C, B])]
    batch = collate(prompts, targets, padding=0)
    with torch.no_grad():
        found = float(loss(model, batch))
        total = count = 0
        for prompt, target in zip(prompts, targets, strict=True):
            logs = model.model(torch.tensor([prompt + target.tokens])).logits[0].log_softmax(-1)
            for at, token in enumerate(target.tokens, len(prompt) - 1):
                total, count = total - float(logs[at, token]), count + 1
        assert found == pytest.approx(total / count, abs=1e-5)
        sets = TargetOrder("set", [], SEPARATOR, END)([C, B])
        mixed = float(loss(model, collate([[5]], [sets], padding=0)))
        logs = model.model(torch.tensor([[5, *sets.tokens]])).logits[0].log_softmax(-1)
        wanted = [-sum(w * float(logs[at, t]) for t, w in row.items()) for at, row in enumerate(sets.wanted)]
        assert mixed == pytest.approx(math.fsum(wanted) / len(wanted), abs=1e-5)


def test_values_are_exchanged_in_both_text_and_tags(make, annotated):
    torch.manual_seed(0)
    swap, seen = ProductSwap(annotated, 1.0), set()
    for number in range(10 * len(annotated)):
        product, given = swap(number % len(annotated))
        assert [item.type for item in given] == ["色", "品"]
        assert product.title == f"{given[0].text}女{given[1].text}百搭"
        seen.add(product.title)
    assert len(seen) == len(annotated), "each colour with each name of its category"
    inner = replace(annotated[0], annotations=(*annotated[0].annotations, Tag("跟鞋", spans=(Span(4, 6),), type="品")))
    kept = {tuple(ProductSwap([*annotated, inner], 1.0)(len(annotated))[1]) for _ in range(50)}
    assert all(Item("跟鞋", "品") not in row or row[1].text == "高跟鞋" for row in kept), (
        "a tag inside an exchanged value is dropped"
    )
    tagger = make(epochs=40, batch_size=3, learning_rate=5e-3, augment=0.5).fit(annotated)
    assert epochs(tagger)[-1] < 0.5 * epochs(tagger)[0]
