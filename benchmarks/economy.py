"""What each economy of the training train is worth: one epoch with all of them, then with each left out in turn.

    python benchmarks/economy.py [--model minilm-l6] [--titles 320]

The sequence labeller is trained on titles of OA-Mine (e5-small: of Taobao), batch 16. Each setting is run twice, in
turns, and its faster epoch counts; loading and reading the texts before the first step are left out, but for
"tokenising once", where every batch is read anew. The ratio is the time without the economy to the time with all: 1.20
means that leaving it out costs 20 %.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest.mock import patch

import numpy as np
from results_file import write

from tagkit.datasets import load
from tagkit.neural import Backbone, training
from tagkit.product import Product
from tagkit.taggers import sequence

Change = Callable[[], AbstractContextManager[Any]]


def random_batches(lengths: list[int], size: int, seed: int, epoch: int) -> list[list[int]]:
    """Return batches of examples in random order, whatever their lengths."""
    order = np.random.default_rng((seed, epoch)).permutation(len(lengths)).tolist()
    return [order[first : first + size] for first in range(0, len(order), size)]


def fused_attention(model: Any, where: Any) -> None:
    """Set torch's fused attention, the default of transformers."""
    for part in model.modules():
        if hasattr(part, "set_attn_implementation"):
            part.set_attn_implementation("sdpa")


WITHOUT: dict[str, tuple[dict[str, Any], list[Change]]] = {
    "length buckets": ({}, [lambda: patch.object(training, "shuffled_buckets", random_batches)]),
    "bf16": ({"precision": "fp32"}, []),
    "eager attention": ({}, [lambda: patch.object(training, "use_fast_attention", fused_attention)]),
    "fast dropout": ({}, [lambda: patch.object(training, "use_fast_dropout", lambda model: None)]),
    "frozen embeddings": ({"freeze": False}, []),
    "trimmed and frozen embeddings": ({"freeze": False}, [lambda: patch.object(Backbone, "trim", lambda *_: None)]),
    "fused AdamW": ({}, [lambda: patch.object(training, "_fused", lambda where: False)]),
    # Augmentation that exchanges nothing, but has every batch read anew.
    "tokenising once": ({"augment": 1e-12}, []),
}


def main() -> None:
    """Time all settings in turns and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="minilm-l6")
    parser.add_argument("--titles", type=int, default=320)
    options = parser.parse_args()
    products = load("taobao_ner" if options.model == "e5-small" else "oa_mine").train[: options.titles]
    settings = {"all": ({}, []), **WITHOUT}
    best = {name: float("inf") for name in settings}
    for _ in range(2):
        for name, (params, changes) in settings.items():
            best[name] = min(best[name], epoch_seconds(options.model, products, params, changes))
    rows: dict[str, Any] = {
        "model": options.model,
        "titles": len(products),
        "all, titles/s": round(len(products) / best["all"], 1),
    }
    for name in WITHOUT:
        rows[f"without {name}, time"] = round(best[name] / best["all"], 2)
    write("economy", rows)


def epoch_seconds(model: str, products: tuple[Product, ...], params: dict[str, Any], changes: list[Change]) -> float:
    """Return the seconds of one epoch."""
    taken: list[float] = []

    def timed(*args: Any, **keywords: Any) -> Any:
        start = time.perf_counter()
        history = training.train(*args, **keywords | {"show": False, "checkpoint": None})
        taken.append(time.perf_counter() - start)
        return history

    with ExitStack() as stack:
        for change in [*changes, lambda: patch.object(sequence, "train", timed)]:
            stack.enter_context(change())
        sequence.SequenceTagger(**{"model": model, "epochs": 1, "freeze": True} | params).fit(products)
    return taken[0]


if __name__ == "__main__":
    main()
