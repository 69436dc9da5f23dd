"""A network with one hidden layer on vectors that do not change, which scores tags: its training, and its scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tagkit.parameters import BelowOne, NonNegativeInt, PositiveFloat, PositiveInt
from tagkit.progress import progress_bar

Floats = NDArray[np.float32]
DECAY = 1e-2


@dataclass(kw_only=True, eq=False, repr=False)
class HeadOptions:
    """How the network is trained.

    Args:
        hidden: The size of the hidden layer.
        epochs: Passes over train.
        learning_rate: The highest one: it is reached after a third of the steps and then falls to 0.
        batch_size: Products per step.
        dropout: The share of features, and of the hidden layer, that is hidden in each step.
        seed: Of new weights, the order of the products, and dropout.
    """

    hidden: PositiveInt = 512
    epochs: PositiveInt = 10
    learning_rate: PositiveFloat = 2e-3
    batch_size: PositiveInt = 256
    dropout: BelowOne = 0.3
    seed: NonNegativeInt = 0

    def train_head(self: Any, x: Floats, y: Floats, change: Callable[[Tensor], Tensor] | None = None) -> list[Floats]:
        """Train the network with a binary cross-entropy for each tag.

        Args:
            x: Vectors with mean 0 and standard deviation 1, shape (n, size).
            y: Which product has which tag, ones and zeros, shape (n, tags).
            change: Changes the vectors of each batch; None: they stay as they are.

        Returns:
            Weights and constants of both layers, shapes (size, hidden), (hidden,), (hidden, tags) and (tags,).
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            first, second = nn.Linear(x.shape[1], self.hidden), nn.Linear(self.hidden, y.shape[1])
            network = nn.Sequential(nn.Dropout(self.dropout), first, nn.ReLU(), nn.Dropout(self.dropout), second)
            size = min(self.batch_size, len(x))
            steps = self.epochs * (len(x) // size)
            optimiser = torch.optim.AdamW(network.parameters(), self.learning_rate, weight_decay=DECAY)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, self.learning_rate, total_steps=steps + 1)
            vectors, gold = torch.from_numpy(x), torch.from_numpy(y)
            for _ in progress_bar(range(self.epochs), desc=self.name, delay=3, leave=False):
                order = torch.randperm(len(x))
                for start in range(0, len(x) - size + 1, size):
                    rows = order[start : start + size]
                    out = network(change(vectors[rows]) if change else vectors[rows])
                    loss = functional.binary_cross_entropy_with_logits(out, gold[rows], reduction="sum") / size
                    optimiser.zero_grad()
                    loss.backward()
                    optimiser.step()
                    schedule.step()
        return [part.detach().numpy().copy() for part in (first.weight.T, first.bias, second.weight.T, second.bias)]


def head_logits(layers: Sequence[Floats], x: Floats) -> Floats:
    """Return the logits of all tags, shape (n, tags), by the layers of `HeadOptions.train_head`."""
    # In 64 bits, so that rounding does not depend on how many are scored together.
    first, constants, second, more = (part.astype(np.float64) for part in layers)
    out: Floats = (np.maximum(x.astype(np.float64) @ first + constants, 0) @ second + more).astype(np.float32)
    return out
