"""Image: a small network on the vectors of a pre-trained image encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from tagkit.cache import FitCache
from tagkit.features import targets
from tagkit.parameters import BelowOne, NonNegativeInt, PositiveFloat, PositiveInt
from tagkit.product import Product
from tagkit.progress import progress_bar
from tagkit.tagger import Space, State
from tagkit.taggers.photo_scorer import PhotoScorer

Floats = NDArray[np.float32]
DECAY = 1e-2
HELD_OUT = 10
"""Without dev, every tenth training product is held out to calibrate on."""


class ImageHead(PhotoScorer):
    """A network with one hidden layer on the vector of a product's photo, calibrated.

    The vector is that of a pre-trained encoder, which is not trained itself, so that each photo is read only once, and
    a histogram of colours. The network is trained with a binary cross-entropy for each tag; its scores are calibrated
    by Platt scaling, one sigmoid for all tags, on dev; without dev on a tenth of train, which is not learned from. A
    product without a readable photo gets no tags.

    Args:
        hidden: The size of the hidden layer.
        epochs: Passes over train.
        learning_rate: The highest one: it is reached after a third of the steps and then falls to 0.
        batch_size: Photos per step.
        dropout: The share of features, and of the hidden layer, that is hidden in each step.
        seed: Of new weights, the order of the photos, and dropout.

    Source: transfer learning by a new head: Yosinski et al., How transferable are features in deep neural networks?
    (NeurIPS 2014); dropout: Srivastava et al. (JMLR 2014).
    """

    name = "image"
    reads_photos = True
    space: ClassVar[Space] = {"learning_rate": (3e-4, 3e-3, "log"), "dropout": (0.1, 0.6), "epochs": (5, 30)}

    hidden: PositiveInt = 512
    epochs: PositiveInt = 10
    learning_rate: PositiveFloat = 2e-3
    batch_size: PositiveInt = 256
    dropout: BelowOne = 0.3
    seed: NonNegativeInt = 0

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        x, y = self.examples(train)
        products, vectors = self.with_photos(dev)
        gold = targets(products, self.tags_).toarray()
        if not products and len(x) > 1:
            kept = np.arange(len(x)) % HELD_OUT > 0
            vectors, gold, x, y = x[~kept], y[~kept], x[kept], y[kept]
        self.layers_ = self._train(x, y)
        self.calibrate(self.raw(vectors), gold)

    def _train(self, x: Floats, y: Floats) -> list[Floats]:
        """Return weights and constants of both layers."""
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
                    out = network(vectors[rows])
                    loss = functional.binary_cross_entropy_with_logits(out, gold[rows], reduction="sum") / size
                    optimiser.zero_grad()
                    loss.backward()
                    optimiser.step()
                    schedule.step()
        return [part.detach().numpy().copy() for part in (first.weight.T, first.bias, second.weight.T, second.bias)]

    def raw(self, x: Floats) -> Floats:
        """Return the logits of all tags, shape (photos, tags)."""
        first, constants, second, more = self.layers_
        out: Floats = np.maximum(x @ first + constants, 0) @ second + more
        return out

    def _state(self) -> State:
        return super()._state() | {"layers": self.layers_}

    def _restore(self, state: State) -> None:
        super()._restore(state)
        self.layers_ = state["layers"]
