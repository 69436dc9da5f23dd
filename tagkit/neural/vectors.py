"""One vector per text: the mean over the tokens of an encoder, texts longer than its window in several parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.neural.backbone import Backbone
from tagkit.neural.inference import run

PREFIX = "query: "
"""What texts begin with for the encoders of the E5 family, on both sides of a symmetric task."""


def mean_pool(vectors: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the tokens that are no padding.

    Args:
        vectors: Shape (batch, tokens, size).
        mask: Shape (batch, tokens).

    Returns:
        Shape (batch, size).
    """
    weights = mask[..., None].to(vectors.dtype)
    return (vectors * weights).sum(1) / weights.sum(1).clamp(min=1)


class Pooled(nn.Module):
    """An encoder whose output is one vector per window."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the mean vectors, shape (batch, size)."""
        return mean_pool(self.backbone(ids, mask), mask)


def embed(
    backbone: Backbone, texts: Sequence[str], *, prefix: str = PREFIX, precision: str = "fp32"
) -> NDArray[np.float32]:
    """Return one vector of length 1 per text.

    Args:
        backbone: The encoder.
        texts: The texts; of one longer than the window, the parts are averaged.
        prefix: What is put before each.
        precision: "fp32", "bf16" or "auto".

    Returns:
        Shape (texts, size).

    Source: Wang et al., Multilingual E5 Text Embeddings: A Technical Report (2024).
    """
    windows = backbone.reader().read([prefix + text for text in texts])
    out = np.zeros((len(texts), backbone.size), dtype=np.float32)
    for batch, vectors in run(Pooled(backbone), windows, backbone.padding, precision):
        unit = torch.nn.functional.normalize(vectors, dim=1).numpy()
        np.add.at(out, [windows[i].row for i in batch], unit)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
