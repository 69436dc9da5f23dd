"""Fine-tuning of a language model on lists of tags: batches, loss, and exchange of values as data augmentation."""

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
from tagkit.neural import TrainOptions, train
from tagkit.neural.bio import ValueSwap, flat_gold
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
    checkpoint: Path | None,
) -> list[dict[str, float]]:
    """Train the model of a writer in place.

    Args:
        writer: The model with its prompt format.
        products: The tagged training products.
        order: One of `Order`.
        options: Options of training.
        augment: The probability that a typed value is exchanged for another of its type from the same category.
        layers: The number of last layers that are trained; 0: all weights.
        lora: The rank of the matrices that are trained and then added to the weights; 0: the weights are trained.
        evaluate: Returns the score on dev after each epoch; None: the last epoch is used.
        checkpoint: The file from which an interrupted training resumes; None: there is none.

    Returns:
        The history of training (see `tagkit.neural.train`).
    """
    model, prompt_format = writer.model, writer.prompt_format
    lists = [prompt_format.tags(items(product, prompt_format.typed)) for product in products]
    prompts = [[*writer.prefix, *prompt] for prompt in writer.prompts(products)]
    orders = TargetOrder(order, lists, prompt_format.special.separator, prompt_format.special.end)
    swap = ProductSwap(products, augment) if augment and prompt_format.typed else None

    def batch(rows: Sequence[int]) -> dict[str, Tensor]:
        if swap is None:
            return collate([prompts[i] for i in rows], [orders(lists[i]) for i in rows], model.padding)
        changed, given = zip(*(swap(i) for i in rows), strict=True)
        new_prompts = [[*writer.prefix, *prompt] for prompt in writer.prompts(changed)]
        return collate(new_prompts, [orders(prompt_format.tags(row)) for row in given], model.padding)

    if layers:
        model.train_last_layers(layers)
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
    model.drop_copies()
    return history


class ProductSwap:
    """Exchanges values in the texts and tags of typed products (see `ValueSwap`); the tags keep their order.

    Args:
        products: The products.
        share: The probability that a value is exchanged.
    """

    def __init__(self, products: Sequence[Product], share: float) -> None:
        self.products = products
        self.gold = list(map(flat_gold, products))
        self._swap = ValueSwap(products, self.gold, share)

    def __call__(self, row: int) -> tuple[Product, list[Item]]:
        """Return a changed copy of the product in a row, and its tags; uses the random numbers of torch."""
        product = self.products[row]
        text, spans = self._swap(row)
        old = [Item(product.text[start:end], kind) for start, end, kind in self.gold[row]]
        new = dict(zip(old, [Item(text[start:end], kind) for start, end, kind in spans], strict=True))
        # A tag whose span overlaps that of another tag may no longer be present.
        kept = [item for item in items(product, True) if item in new or item.text in text]
        return replace(product, title=text, description=""), list(dict.fromkeys(new.get(item, item) for item in kept))


def collate(prompts: Sequence[Sequence[int]], targets: Sequence[Target], padding: int) -> dict[str, Tensor]:
    """Return a batch.

    Args:
        prompts: The tokens before each list.
        targets: The lists.
        padding: The padding token; texts are padded on the left.

    Returns:
        "ids" and "mask", shape (batch, tokens); the positions with a target as "rows" and columns counted "from_end",
        shape (positions,); and the targets as the number of a position ("owner"), a "token" and its "weight", each of
        shape (targets,).
    """
    rows = [[*prompt, *target.tokens[:-1]] for prompt, target in zip(prompts, targets, strict=True)]
    width = max(map(len, rows))
    ids = np.full((len(rows), width), padding, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    positions: list[tuple[int, int]] = []
    wanted: list[tuple[int, int, float]] = []
    for number, (row, target) in enumerate(zip(rows, targets, strict=True)):
        ids[number, width - len(row) :] = row
        mask[number, width - len(row) :] = 1
        for at, choices in enumerate(target.wanted):
            wanted += [(len(positions), token, weight) for token, weight in choices.items()]
            positions.append((number, len(target.wanted) - at))
    at_row, from_end = np.array(positions, dtype=np.int64).T
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
    """Return the mean cross entropy over the positions of the targets; prompts do not count.

    Args:
        net: Maps ids, mask and a number of last positions to the logits at these.
        batch: From `collate`.
    """
    keep = int(batch["from_end"].max())
    logits = net(batch["ids"], batch["mask"], keep)[batch["rows"], keep - batch["from_end"]]
    log_probs = logits.float().log_softmax(-1)[batch["owner"], batch["token"]]
    return -(log_probs * batch["weight"]).sum() / len(batch["rows"])
