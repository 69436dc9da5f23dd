"""Teach a language model to write lists: batches of left-padded prompts with their targets, the loss, LoRA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tagkit.generation.prompt_format import Item, items
from tagkit.generation.target_order import Target, TargetOrder
from tagkit.generation.writer import Writer
from tagkit.neural import TrainOptions, bio, train
from tagkit.neural.bio import ValueSwap
from tagkit.product import Product


def fine_tune(
    writer: Writer,
    products: Sequence[Product],
    order: str,
    options: TrainOptions,
    *,
    augment: float,
    layers: int,
    lora: int,
    evaluate: Callable[[nn.Module], float] | None,
    checkpoint: Path,
) -> list[dict[str, float]]:
    """Train a writer's model in place.

    Args:
        writer: What writes.
        products: What it learns from.
        order: One of `ORDERS`.
        options: How to train.
        augment: How likely, each time, a typed value is exchanged for another of its type from the same category.
        layers: How many of the last layers are trained; 0: all weights are.
        lora: Rank of the matrices that are trained and then added to the weights; 0: the weights are trained.
        evaluate: Gives a figure on dev after each epoch; None: the last epoch is taken.
        checkpoint: Where to keep what is needed to go on after a kill.

    Returns:
        The history, as of `train`.
    """
    model, prompt_format = writer.model, writer.prompt_format
    lists = [prompt_format.tags(items(product, prompt_format.typed)) for product in products]
    prompts = [[*writer.prefix, *prompt] for prompt in writer.prompts(products)]
    orders = TargetOrder(order, lists, prompt_format.special.separator, prompt_format.special.end)
    swap = ProductSwap(products, augment) if augment and prompt_format.typed else None

    def batch(rows: Sequence[int]) -> dict[str, Tensor]:
        if swap is None:
            return collate([prompts[i] for i in rows], [orders(lists[i]) for i in rows], model.padding)
        fresh, given = zip(*(swap(i) for i in rows), strict=True)
        begun = [[*writer.prefix, *prompt] for prompt in writer.prompts(fresh)]
        return collate(begun, [orders(prompt_format.tags(row)) for row in given], model.padding)

    if layers:
        model.train_top(layers)
    if lora:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            model.add_lora(lora)
    history = train(
        model,
        loss,
        batch,
        [len(prompt) + len(prompt_format.line(tags)) for prompt, tags in zip(prompts, lists, strict=True)],
        options,
        name="generator",
        evaluate=evaluate,
        checkpoint=checkpoint,
    )
    if lora:
        model.merge_lora()
    model.changed()
    return history


class ProductSwap:
    """Writes typed products anew with some of their values exchanged (see `ValueSwap`); the tags keep their order.

    Args:
        products: The products.
        share: How likely each value is exchanged.
    """

    def __init__(self, products: Sequence[Product], share: float) -> None:
        self.products = products
        self.gold = [bio.without_overlaps(bio.gold_spans(product)) for product in products]
        self._swap = ValueSwap(products, self.gold, share)

    def __call__(self, row: int) -> tuple[Product, list[Item]]:
        """Return a product like the one in a row, and its tags; draws from torch's random numbers."""
        product = self.products[row]
        text, spans = self._swap(row)
        old = [Item(product.text[start:end], kind) for start, end, kind in self.gold[row]]
        new = dict(zip(old, [Item(text[start:end], kind) for start, end, kind in spans], strict=True))
        # A tag without a place of its own (it overlaps another's) may have lost it.
        kept = [item for item in items(product, True) if item in new or item.text in text]
        return replace(product, title=text, description=""), list(dict.fromkeys(new.get(item, item) for item in kept))


def collate(prompts: Sequence[Sequence[int]], targets: Sequence[Target], padding: int) -> dict[str, Tensor]:
    """Return a batch.

    Args:
        prompts: The tokens before each list.
        targets: The lists.
        padding: The token to pad with, on the left.

    Returns:
        Token ids and mask, shape (batch, tokens); the places where something is wanted, as rows and columns from the
        end of the ids, shape (places,); and what is wanted there, as the number of a place, a token and a weight, shape
        (wanted,).
    """
    rows = [[*prompt, *target.tokens[:-1]] for prompt, target in zip(prompts, targets, strict=True)]
    width = max(map(len, rows))
    ids = np.full((len(rows), width), padding, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    places: list[tuple[int, int]] = []
    wanted: list[tuple[int, int, float]] = []
    for number, (row, target) in enumerate(zip(rows, targets, strict=True)):
        ids[number, width - len(row) :] = row
        mask[number, width - len(row) :] = 1
        for at, choices in enumerate(target.wanted):
            wanted += [(len(places), token, weight) for token, weight in choices.items()]
            places.append((number, len(target.wanted) - at))
    at_row, from_end = np.array(places, dtype=np.int64).T
    owner, token, weight = zip(*wanted, strict=True)
    return {
        "ids": torch.from_numpy(ids),
        "mask": torch.from_numpy(mask),
        "rows": torch.from_numpy(at_row.copy()),
        "from_end": torch.from_numpy(from_end.copy()),
        "owner": torch.tensor(owner),
        "token": torch.tensor(token),
        "weight": torch.tensor(weight),
    }


def loss(net: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Return the cross entropy of what is wanted, the mean over the places; prompts do not count.

    Args:
        net: From ids, mask and a number of last tokens to their logits.
        batch: From `collate`.
    """
    keep = int(batch["from_end"].max())
    logits = net(batch["ids"], batch["mask"], keep)[batch["rows"], keep - batch["from_end"]]
    logs = logits.float().log_softmax(-1)[batch["owner"], batch["token"]]
    return -(logs * batch["weight"]).sum() / len(batch["rows"])
