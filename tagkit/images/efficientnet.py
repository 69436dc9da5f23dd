"""EfficientNet-Lite: a small convolutional network that turns photos into vectors.

Source: Tan and Le, EfficientNet (ICML 2019); the Lite variants (no squeeze-and-excitation, ReLU6 instead of swish) by
Liu, Higher accuracy on vision models with EfficientNet-Lite (TensorFlow blog, 2020).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Of each stage of the smallest network: blocks, kernel size, stride, expansion, channels."""
STEM, HEAD = 32, 1280


class Conv(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding: where it is uneven, right and bottom get more."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the result, of the size of `x` divided by the stride, rounded up."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        down, across = (max(0, (math.ceil(size / stride) - 1) * stride + kernel - size) for size in x.shape[2:])
        if down % 2 or across % 2:
            x = functional.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))
            down = across = 0
        places = (down // 2, across // 2)
        return functional.conv2d(x, self.weight, self.bias, self.stride, places, self.dilation, self.groups)


class Block(nn.Module):
    """An inverted residual block: expand the channels, filter each by itself, project them down again."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = channels * expansion
        self.expand = Conv(channels, inner, 1) if expansion > 1 else None
        self.depthwise = Conv(inner, inner, kernel, stride, groups=inner)
        self.project = Conv(inner, out, 1)
        self.has_skip = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's channels for a batch of shape (n, channels, height, width)."""
        inner = x if self.expand is None else functional.relu6(self.expand(x))
        out: Tensor = self.project(functional.relu6(self.depthwise(inner)))
        return out + x if self.has_skip else out


class EfficientNetLite(nn.Module):
    """The network without its classifier; batch normalisation is part of the convolutions.

    Args:
        width: By how much the channels of the smallest network are multiplied.
        depth: By how much its blocks are.

    Attributes:
        size: The length of a vector.
    """

    def __init__(self, width: float = 1.0, depth: float = 1.0) -> None:
        super().__init__()
        self.stem = Conv(3, STEM, 3, 2)
        self.blocks, channels, ends, sizes = nn.ModuleList(), STEM, [], []
        for at, (count, kernel, stride, expansion, base) in enumerate(STAGES):
            out = _multiple_of_8(base * width)
            repeats = count if at in (0, len(STAGES) - 1) else math.ceil(count * depth)
            for number in range(repeats):
                self.blocks.append(Block(channels, out, kernel, 1 if number else stride, expansion))
                channels = out
            ends.append(len(self.blocks) - 1)
            sizes.append(out)
        self.head = Conv(channels, HEAD, 1)
        self.ends, self.size = frozenset(ends), HEAD + sum(sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors of a batch.

        Args:
            x: Shape (n, 3, height, width), values (v - 127) / 128 of v from 0 to 255.

        Returns:
            The mean over all places of the last layer (1280 values) and of the last block of each stage: early stages
            know colours and textures, late ones kinds of things. Shape (n, `size`).
        """
        x = functional.relu6(self.stem(x))
        means = []
        for at, block in enumerate(self.blocks):
            x = block(x)
            if at in self.ends:
                means.append(x.mean((2, 3)))
        return torch.cat([functional.relu6(self.head(x)).mean((2, 3)), *means], dim=1)


def _multiple_of_8(channels: float) -> int:
    """Return the nearest multiple of 8 that is not more than a tenth smaller."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
