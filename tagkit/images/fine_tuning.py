"""Fine-tuning: the last blocks of an image encoder are trained on the tags, end to end from the photos.

Source: Yosinski et al., How transferable are features in deep neural networks? (NeurIPS 2014).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tagkit.cache import cache_folder
from tagkit.images.encoder import ImageEncoder
from tagkit.images.loading import BadPhoto, load_first
from tagkit.neural.hardware import device
from tagkit.neural.inference import side_by_side
from tagkit.neural.options import TrainOptions
from tagkit.neural.training import train
from tagkit.product import Product

Arrays = dict[str, NDArray[np.float32]]
RATE, HEAD_RATE, BATCH = 3e-4, 10.0, 64
"""The highest learning rate of the blocks, by how much that of the new layer is higher, and photos per step."""
SAMPLE = 256
"""Mean and spread of the vectors, which the new layer starts from, are those of so many photos."""
READ = 64
"""So many photos are decoded at a time."""


@contextmanager
def squares_of(
    encoder: ImageEncoder, products: Sequence[Product], *, allow_downloads: bool = False
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    """Decode the photo of each product once, into a file that is removed in the end: memory stays bounded.

    Args:
        encoder: Says how large they are.
        products: The products.
        allow_downloads: Whether photos on the web are downloaded.

    Yields:
        The photos, shape (products, pixels, pixels, 3), black where none can be read, and which could be read.
    """
    found = np.zeros(len(products), dtype=bool)
    folder = cache_folder("training")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        shape = (len(products), encoder.pixels, encoder.pixels, 3)
        squares = np.memmap(Path(name) / "photos", dtype=np.uint8, mode="w+", shape=shape)

        def read(start: int) -> None:
            for at in range(start, min(start + READ, len(products))):
                try:
                    image = load_first(products[at], at_least=encoder.pixels, allow_downloads=allow_downloads)
                except BadPhoto:
                    continue
                squares[at], found[at] = encoder.square(image), True

        for _ in side_by_side(read, range(0, len(products), READ), torch.get_num_threads()):
            pass
        yield squares, found


class _Tuned(nn.Module):
    """An encoder and a new layer on its vectors; only the last blocks and the layer are trained."""

    def __init__(self, encoder: ImageEncoder, unfrozen: int, sample: Tensor, prior: Tensor) -> None:
        super().__init__()
        self._encoder = encoder
        self.backbone = deepcopy(encoder.network)
        self.backbone.requires_grad_(False)
        for block in encoder.last_blocks(self.backbone, unfrozen):
            block.requires_grad_(True)
        with torch.no_grad():
            vectors = encoder.vectors_by(self.backbone, sample)
        self.mean = nn.Parameter(vectors.mean(0), requires_grad=False)
        self.spread = nn.Parameter(vectors.std(0) + 1e-3, requires_grad=False)
        self.layer = nn.Linear(vectors.shape[1], len(prior))
        nn.init.zeros_(self.layer.weight)
        self.layer.bias.data = torch.logit(prior.clamp(1e-4, 1 - 1e-4))

    def train(self, mode: bool = True) -> _Tuned:
        """Set the mode of the new layer alone: statistics of batches in the encoder stay as they are."""
        super().train(mode)
        self.backbone.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of all tags, shape (photos, tags)."""
        vectors = self._encoder.vectors_by(self.backbone, x)
        logits: Tensor = self.layer((vectors - self.mean) / self.spread)
        return logits


def fine_tune(
    encoder: ImageEncoder,
    squares: NDArray[np.uint8],
    rows: NDArray[np.intp],
    gold: NDArray[np.float32],
    *,
    unfrozen: int,
    epochs: int,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> Arrays:
    """Train the last blocks of an encoder with a binary cross-entropy for each tag; photos are mirrored at random.

    Args:
        encoder: The encoder; it stays as it is.
        squares: The photos, shape (photos, pixels, pixels, 3).
        rows: The n of them that are learned from.
        gold: Which of these has which tag, ones and zeros, shape (n, tags).
        unfrozen: How many of the blocks are trained.
        epochs: Passes over the photos.
        seed: Of the order of the photos and of mirroring.
        checkpoint: The file that a killed run resumes from; None: no file.

    Returns:
        The weights that changed, by name, for `ImageEncoder.with_weights`.

    Raises:
        BadInput: The encoder has fewer blocks.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        chosen = torch.randperm(len(rows))[:SAMPLE].sort().values.numpy()
        network = _Tuned(encoder, unfrozen, encoder.normal(squares[rows[chosen]]), torch.from_numpy(gold.mean(axis=0)))
        network = network.to(device())

    def batch(chosen: Sequence[int]) -> dict[str, Tensor]:
        photos = np.array(squares[rows[chosen]])
        mirrored = (torch.rand(len(photos)) < 0.5).numpy()
        photos[mirrored] = photos[mirrored, :, ::-1]
        return {"x": encoder.normal(photos), "gold": torch.from_numpy(gold[chosen])}

    def loss(net: nn.Module, given: dict[str, Tensor]) -> Tensor:
        logits = net(given["x"]).float()
        return functional.binary_cross_entropy_with_logits(logits, given["gold"], reduction="sum") / len(logits)

    options = TrainOptions(epochs=epochs, learning_rate=RATE, batch_size=BATCH, seed=seed)
    ones: list[Any] = [1] * len(rows)
    train(network, loss, batch, ones, options, name="image", head_rate=HEAD_RATE, checkpoint=checkpoint)
    trained = {name for name, value in network.backbone.named_parameters() if value.requires_grad}
    return {name: value.cpu().numpy() for name, value in network.backbone.state_dict().items() if name in trained}
