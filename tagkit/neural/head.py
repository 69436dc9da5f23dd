"""A network with one hidden layer on vectors that do not change, which scores tags: its training, and its scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from tagkit.parameters import BelowOne, NonNegativeInt, PositiveFloat, PositiveInt
from tagkit.progress import progress_bar

Floats = NDArray[np.float32]
DECAY = 1e-2
LEAST_STEPS = 300
"""Few products make few steps an epoch: there are as many epochs as make so many steps."""


@dataclass(kw_only=True, eq=False, repr=False)
class HeadOptions:
    """How the network is trained.

    Args:
        hidden: The size of the hidden layer.
        epochs: Passes over train; there are more where these are fewer than 300 steps.
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

    def train_head(self, x: Floats, y: Floats) -> list[Floats]:
        """Train a network on vectors.

        Args:
            x: Vectors with mean 0 and standard deviation 1, shape (n, size).
            y: Which product has which tag, ones and zeros, shape (n, tags).

        Returns:
            Weights and constants of both layers, shapes (size, hidden), (hidden,), (hidden, tags) and (tags,).
        """
        vectors = torch.from_numpy(x)

        def make() -> nn.Module:
            first, second = nn.Linear(x.shape[1], self.hidden), nn.Linear(self.hidden, y.shape[1])
            return nn.Sequential(nn.Dropout(self.dropout), first, nn.ReLU(), nn.Dropout(self.dropout), second)

        network: Any = self.train_network(make, lambda rows: vectors[rows], y)
        first, second = network[1], network[4]
        return [part.detach().numpy().copy() for part in (first.weight.T, first.bias, second.weight.T, second.bias)]

    def train_network(
        self: Any, make: Callable[[], nn.Module], inputs: Callable[[torch.Tensor], Any], y: Floats
    ) -> nn.Module:
        """Train a network with a binary cross-entropy for each tag.

        Args:
            make: Makes the network, with weights that depend on the seed.
            inputs: Returns what the network takes for some training products, whose positions it is given.
            y: Which product has which tag, ones and zeros, shape (n, tags).
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            network, gold, size = make(), torch.from_numpy(y), min(self.batch_size, len(y))
            batches = len(y) // size
            epochs = max(self.epochs, -(-LEAST_STEPS // batches))
            optimiser = torch.optim.AdamW(network.parameters(), self.learning_rate, weight_decay=DECAY)
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimiser, self.learning_rate, total_steps=epochs * batches + 1
            )
            for _ in progress_bar(range(epochs), desc=self.name, delay=3, leave=False):
                order = torch.randperm(len(y))
                for start in range(0, len(y) - size + 1, size):
                    rows = order[start : start + size]
                    out = network(inputs(rows))
                    loss = functional.binary_cross_entropy_with_logits(out, gold[rows], reduction="sum") / size
                    optimiser.zero_grad()
                    loss.backward()
                    optimiser.step()
                    schedule.step()
        return network


def head_logits(layers: Sequence[Floats], x: Floats) -> Floats:
    """Return the logits of all tags, shape (n, tags), by the layers of `HeadOptions.train_head`."""
    # In 64 bits, so that rounding does not depend on how many are scored together.
    first, constants, second, more = (part.astype(np.float64) for part in layers)
    out: Floats = (np.maximum(x.astype(np.float64) @ first + constants, 0) @ second + more).astype(np.float32)
    return out
