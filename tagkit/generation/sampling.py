"""Reproducible sampling of tokens: every text has its own random numbers, whatever the batch."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK = 256
"""Columns per block when a column is drawn in two steps: first the block, then the column in it."""
TOP_P_CANDIDATES = 512
"""For top-p, this many of the most probable tokens are tried before the whole vocabulary is sorted, which is slow."""


def random_numbers(seed: int, key: str, returns: int, tokens: int) -> NDArray[np.float64]:
    """Return random numbers in [0, 1) that depend on a seed and a key, shape (returns, tokens)."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
    return np.random.default_rng([seed, number]).random((returns, tokens))


def sample(
    log_probs: Tensor, random: NDArray[np.float64], temperature: float = 1.0, top_p: float = 1.0, min_p: float = 0.0
) -> Tensor:
    """Draw one column per row.

    Uses the inverse of the cumulative distribution in the order of the columns. The small numerical differences between
    batches then move its steps only slightly, whereas an order by probability could change.

    Args:
        log_probs: Shape (rows, choices).
        random: Numbers in [0, 1), shape (rows,).
        temperature: The log-probabilities are divided by it.
        top_p: Draw only from the most probable columns whose probabilities sum to this.
        min_p: Draw only from columns at least this probable, relative to the most probable one.

    Returns:
        Shape (rows, 1).
    """
    probs = (log_probs / temperature).softmax(-1)
    if min_p > 0:
        probs = probs.masked_fill(probs < min_p * probs.amax(-1, keepdim=True), 0.0)
    if top_p < 1:
        target = top_p * probs.sum(-1, keepdim=True)
        best = probs.topk(min(TOP_P_CANDIDATES, probs.shape[1]), -1).values
        if bool((best.sum(-1, keepdim=True) < target).any()):
            best = probs.sort(-1, descending=True).values
        # The last token needed is the last one whose predecessors sum to less than the target.
        last = (best.cumsum(-1) - best < target).sum(-1, keepdim=True) - 1
        probs = probs.masked_fill(probs < best.gather(1, last), 0.0)
    # A cumulative sum over blocks and then within one block is faster than one over the whole vocabulary.
    padding = -probs.shape[1] % BLOCK
    blocks = torch.nn.functional.pad(probs, (0, padding)).view(len(probs), -1, BLOCK)
    point = torch.from_numpy(random).to(probs.device)[:, None]
    block, rest = _locate(blocks.sum(-1, dtype=torch.float64), point)
    inside = blocks[torch.arange(len(blocks), device=blocks.device), block[:, 0]].double()
    return block * BLOCK + _locate(inside, rest)[0]


def _locate(weights: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Find the column in which the cumulative weight reaches a share of the total.

    Args:
        weights: Shape (rows, columns), not all 0 in a row.
        share: In [0, 1), shape (rows, 1).

    Returns:
        The column, and the position within it as a share of its weight, each of shape (rows, 1).
    """
    total = weights.cumsum(-1)
    point = share * total[:, -1:]
    # Rounding must not lead beyond the last column with a positive weight.
    column = torch.minimum(torch.searchsorted(total, point, right=True), (total < total[:, -1:]).sum(-1, keepdim=True))
    weight = weights.gather(1, column)
    return column, ((point - total.gather(1, column) + weight) / weight).clamp(0, 1)
