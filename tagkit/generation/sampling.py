"""Draw tokens repeatably: from random numbers of a text's own, whatever the batch."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK = 256
"""Columns whose probabilities are added up before one is drawn."""
HEAD = 512
"""So many of the most probable tokens are looked at first for top-p; sorting a whole vocabulary is slow."""


def draws(seed: int, key: str, returns: int, tokens: int) -> NDArray[np.float64]:
    """Return the random numbers of a key in [0, 1), shape (returns, tokens)."""
    number = int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8])
    return np.random.default_rng([seed, number]).random((returns, tokens))


def sample(
    logs: Tensor, random: NDArray[np.float64], temperature: float = 1.0, top_p: float = 1.0, min_p: float = 0.0
) -> Tensor:
    """Draw one column per row.

    The inverse of the cumulative distribution in the order of the columns: tiny differences between batches move its
    steps by as little, while an order by probability would change at once where two are about equal.

    Args:
        logs: Shape (rows, choices).
        random: Numbers in [0, 1), shape (rows,).
        temperature: The log-probabilities are divided by it.
        top_p: Only the most probable columns that have this much probability together are drawn.
        min_p: Only columns at least this probable, relative to the most probable one, are drawn.

    Returns:
        Shape (rows, 1).
    """
    chance = (logs / temperature).softmax(-1)
    if min_p > 0:
        chance = chance.masked_fill(chance < min_p * chance.amax(-1, keepdim=True), 0.0)
    if top_p < 1:
        target = top_p * chance.sum(-1, keepdim=True)
        best = chance.topk(min(HEAD, chance.shape[1]), -1).values
        if bool((best.sum(-1, keepdim=True) < target).any()):
            best = chance.sort(-1, descending=True).values
        # The last token that is needed is the first whose predecessors do not suffice any more.
        needed = (best.cumsum(-1) - best < target).sum(-1, keepdim=True) - 1
        chance = chance.masked_fill(chance < best.gather(1, needed), 0.0)
    # First the block of columns, then the column in it: one running sum over a whole vocabulary would be slow.
    padding = -chance.shape[1] % BLOCK
    blocks = torch.nn.functional.pad(chance, (0, padding)).view(len(chance), -1, BLOCK)
    point = torch.from_numpy(random).to(chance.device)[:, None]
    block, rest = _place(blocks.sum(-1, dtype=torch.float64), point)
    inside = blocks[torch.arange(len(blocks), device=blocks.device), block[:, 0]].double()
    return block * BLOCK + _place(inside, rest)[0]


def _place(weights: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Find where a share of the total weight lies: the column, and how far in it, as a share of its weight.

    Args:
        weights: Shape (rows, columns), not all 0 in a row.
        share: In [0, 1), shape (rows, 1).

    Returns:
        Two tensors of shape (rows, 1).
    """
    total = weights.cumsum(-1)
    point = share * total[:, -1:]
    # Rounding must not lead behind the last column that weighs anything.
    column = torch.minimum(torch.searchsorted(total, point, right=True), (total < total[:, -1:]).sum(-1, keepdim=True))
    weight = weights.gather(1, column)
    return column, ((point - total.gather(1, column) + weight) / weight).clamp(0, 1)
