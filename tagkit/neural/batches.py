"""Length-bucketed batches: examples of similar length together, so that little is computed on padding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

POOL = 50
"""Batches whose examples are sorted by length together; fewer shuffle better, more pad less."""


def shuffled_buckets(lengths: Sequence[int], batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Return the batches of one training epoch, in a random order that depends on seed and epoch alone.

    The examples are shuffled, cut into pools of 50 batches, and sorted by length within each pool.

    Args:
        lengths: Tokens of each example.
        batch_size: Examples per batch; the last of a pool may have fewer.
        seed: The seed of the order.
        epoch: The epoch.
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    sizes = np.asarray(lengths)
    batches: list[list[int]] = []
    for first in range(0, len(order), batch_size * POOL):
        pool = order[first : first + batch_size * POOL]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        batches += [pool[i : i + batch_size].tolist() for i in range(0, len(pool), batch_size)]
    return [batches[i] for i in random.permutation(len(batches))]


def sorted_buckets(lengths: Sequence[int], tokens: int = 4096, most: int = 256) -> list[list[int]]:
    """Return batches for prediction: sorted by length, each with about the same number of tokens, padding included.

    Args:
        lengths: Tokens of each example.
        tokens: The most tokens of a batch, unless one example alone has more.
        most: The most examples of a batch.
    """
    batches: list[list[int]] = []
    width = 0
    for i in np.argsort(np.asarray(lengths), kind="stable").tolist():
        width = max(1, lengths[i])
        if not batches or len(batches[-1]) >= most or (len(batches[-1]) + 1) * width > tokens:
            batches.append([])
        batches[-1].append(i)
    return batches
