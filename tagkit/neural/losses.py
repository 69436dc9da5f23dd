"""Losses of multi-label classification: binary cross-entropy, focal and asymmetric."""

from __future__ import annotations

import torch
from torch import Tensor

from tagkit.errors import BadInput


def bce(scores: Tensor, gold: Tensor) -> Tensor:
    """Return the binary cross-entropy of every product and tag, shape (products, tags)."""
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, gold, reduction="none")


def focal(scores: Tensor, gold: Tensor, gamma: float = 2.0) -> Tensor:
    """Return cross-entropy in which easy decisions count less.

    Source: Lin et al., Focal Loss for Dense Object Detection (ICCV 2017).
    """
    right = torch.where(gold > 0.5, scores, -scores).sigmoid()
    return (1 - right) ** gamma * bce(scores, gold)


def asymmetric(scores: Tensor, gold: Tensor, gamma: float = 4.0, margin: float = 0.05) -> Tensor:
    """Return cross-entropy in which easy negatives count less, and very easy ones nothing.

    Source: Ridnik et al., Asymmetric Loss for Multi-Label Classification (ICCV 2021), without focus on positives.
    """
    chance = (scores.sigmoid() - margin).clamp(min=0)
    negative = -(chance**gamma) * torch.log1p(-chance.clamp(max=1 - 1e-6))
    return torch.where(gold > 0.5, -torch.nn.functional.logsigmoid(scores), negative)


LOSSES = {"bce": bce, "focal": focal, "asymmetric": asymmetric}


def multilabel_loss(name: str, scores: Tensor, gold: Tensor, weights: Tensor) -> Tensor:
    """Return the loss of a batch: summed over tags, mean over products.

    Args:
        name: "bce", "focal" or "asymmetric".
        scores: Logits, shape (products, tags).
        gold: Ones and zeros, the same shape.
        weights: How much a gold tag counts, shape (tags,).
    """
    if name not in LOSSES:
        raise BadInput(f"loss is one of {', '.join(LOSSES)}, not {name!r}")
    scores = scores.float()
    each = LOSSES[name](scores, gold) * torch.where(gold > 0.5, weights, 1.0)
    return each.sum(1).mean()
