"""The network of `sequence`: an encoder that labels tokens, its loss, and its batches."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.neural import bio
from tagkit.neural.backbone import Backbone
from tagkit.neural.crf import CRF, packed
from tagkit.neural.inference import pad
from tagkit.neural.tokens import Window


class TokenClassifier(nn.Module):
    """An encoder, a linear layer over its tokens and, optionally, a CRF over their labels."""

    def __init__(self, backbone: Backbone, labels: int, dropout: float, crf: bool) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(backbone.size, labels)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.crf: nn.Module = CRF(labels) if crf else nn.Identity()
        self.late: list[int] = []

    @property
    def unsure(self) -> int:
        """The label of a token that is outside, or has one of the labels of late types; it is no label of the head."""
        return self.head.out_features

    @torch.no_grad()
    def with_types(self, known: Sequence[str], types: Sequence[str], late: Sequence[str], seed: int) -> TokenClassifier:
        """Return a copy for other types, which knows of those that it has what it knew.

        Args:
            known: The types that it has, in the order of their labels.
            types: The types of the copy, all of these among them.
            late: Those that some training texts may have without their being labelled (see `unsure`).
            seed: Of the weights of new types.
        """
        crf = isinstance(self.crf, CRF)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            made = TokenClassifier(copy.deepcopy(self.backbone), 1 + 2 * len(types), self.dropout.p, crf)
        places = bio.label_places(known, types)
        made.head.weight[places], made.head.bias[places] = self.head.weight, self.head.bias
        if isinstance(self.crf, CRF) and isinstance(made.crf, CRF):
            made.crf.transitions[np.ix_(places, places)] = self.crf.transitions
        made.late = bio.label_places(late, types)
        return made.eval()

    def forward(self, ids: Tensor, mask: Tensor, hints: Tensor | None = None) -> Tensor:
        """Return the label scores of all tokens, shape (batch, tokens, labels); hints of the same shape are added."""
        found = self.dropout(self.backbone(ids, mask))
        with torch.autocast(ids.device.type, enabled=False):  # in bf16 many scores would be ties
            scores: Tensor = self.head(found.float())
            return scores if hints is None else scores + hints

    def loss(self, scores: Tensor, labels: Tensor, smoothing: float) -> Tensor:
        """Return the mean loss over the tokens that have a label.

        Args:
            scores: Shape (batch, tokens, labels).
            labels: The label of each token or `unsure`, below 0 where it does not count, shape (batch, tokens); or the
                probabilities of its labels, all 0 where it does not count, shape (batch, tokens, labels).
            smoothing: How much of each label is spread over all labels; nothing where a label of the batch is `unsure`.

        Source of the loss where labels are unsure: Tsuboi et al., Training Conditional Random Fields Using Incomplete
        Annotations (COLING 2008).
        """
        if self.late and not labels.is_floating_point() and (labels == self.unsure).any():
            return self._partial_loss(scores, labels)
        if isinstance(self.crf, CRF):
            return self.crf.loss(scores, labels)
        if not labels.is_floating_point():
            found, wanted = scores.float().flatten(0, 1), labels.flatten()
            return nn.functional.cross_entropy(found, wanted, label_smoothing=smoothing)
        mass = labels.sum(-1, keepdim=True)
        wanted = (1 - smoothing) * labels + smoothing * mass / labels.shape[-1]
        return -(wanted * scores.float().log_softmax(-1)).sum() / mass.sum().clamp(min=1)

    def _partial_loss(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of the labels that each token may have together."""
        may_have = torch.eye(self.unsure + 1, self.unsure, dtype=torch.bool, device=scores.device)
        may_have[self.unsure, self.late] = True
        scores, labels, mask = packed(scores.float(), labels)
        allowed = may_have[labels.clamp(min=0)] & mask[..., None]
        if isinstance(self.crf, CRF):
            found = self.crf.log_likelihood(scores, allowed)
        else:
            found = scores.log_softmax(-1).masked_fill(~allowed, -torch.inf)[mask].logsumexp(-1)
        return -found.sum() / mask.sum().clamp(min=1)

    def probabilities(self, scores: Tensor, counts: list[NDArray[np.bool_]]) -> list[NDArray[np.float32]]:
        """Return the label probabilities of the tokens that have one, for each row of shape (tokens, labels)."""
        if not isinstance(self.crf, CRF):
            found = scores.softmax(-1).numpy()
            return [row[: len(counted)][counted] for row, counted in zip(found, counts, strict=True)]
        mask = np.zeros(scores.shape[:2], dtype=bool)
        for row, counted in zip(mask, counts, strict=True):
            row[: len(counted)] = counted
        found = self.crf.probabilities(scores, torch.from_numpy(mask))
        return [row[: len(counted)][counted] for row, counted in zip(found, counts, strict=True)]


def collate(windows: Sequence[Window], labels: Sequence[NDArray[np.number]], padding: int) -> dict[str, Tensor]:
    """Return a batch of windows with the labels of their tokens, or with the probabilities of these."""
    batch = pad(windows, padding)
    shape = (*batch["ids"].shape, *labels[0].shape[1:])
    target = np.full(shape, -100, dtype=np.int64) if len(shape) == 2 else np.zeros(shape, dtype=np.float32)
    for row, label in enumerate(labels):
        target[row, : len(label)] = label
    return batch | {"labels": torch.from_numpy(target)}


def lowest_margin(row: NDArray[np.float32]) -> float:
    """Return the lowest log-odds of the best against the second best label of a token; `row` is (tokens, labels)."""
    second, best = np.partition(row, -2, axis=-1)[:, -2:].T
    return float(np.log(best / np.maximum(second, 1e-12)).min())
