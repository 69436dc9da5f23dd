"""A linear-chain conditional random field over BIO labels: its loss, partial labels, and its marginals."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

FORBIDDEN = -1e4
"""The score of a transition that is impossible."""


class CRF(nn.Module):
    """Learns which label follows which; "inside" follows only "begin" and "inside" of its type.

    Args:
        labels: The number of labels: outside, then "begin" and "inside" of each type.

    Source: Lafferty, McCallum and Pereira, Conditional Random Fields (ICML 2001); neural scores: Lample et al., Neural
    Architectures for Named Entity Recognition (NAACL 2016).
    """

    allowed: Tensor
    may_begin: Tensor

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(labels, labels))
        allowed = torch.ones(labels, labels, dtype=torch.bool)
        may_begin = torch.ones(labels, dtype=torch.bool)
        for inside in range(2, labels, 2):
            allowed[:, inside] = False
            allowed[inside - 1 : inside + 1, inside] = True
            may_begin[inside] = False
        self.register_buffer("allowed", allowed, persistent=False)
        self.register_buffer("may_begin", may_begin, persistent=False)

    def _transitions(self) -> Tensor:
        return self.transitions.float().masked_fill(~self.allowed, FORBIDDEN)

    def loss(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return the mean negative log-likelihood per label.

        Args:
            scores: Shape (batch, tokens, labels).
            labels: Shape (batch, tokens); below 0 where a token does not count. The others follow each other.
        """
        scores, labels, mask = packed(scores.float(), labels)
        transitions = self._transitions()
        target = labels.clamp(min=0)
        emitted = scores.gather(2, target[..., None])[..., 0] * mask
        moved = transitions[target[:, :-1], target[:, 1:]] * mask[:, 1:]
        gold = emitted.sum(1) + moved.sum(1)
        return (self._forward(scores, mask)[1] - gold).sum() / mask.sum().clamp(min=1)

    def log_likelihood(self, scores: Tensor, allowed: Tensor) -> Tensor:
        """Return for each row the log-probability of all label sequences that agree with partial labels.

        Where every token may have one label only, it is the log-likelihood of these labels.

        Args:
            scores: Shape (batch, tokens, labels).
            allowed: Which labels each token may have, the same shape; none where a token does not count. The tokens
                that count come first in their row.

        Returns:
            Shape (batch,); 0 for a row in which no token counts.

        Source: Tsuboi et al., Training Conditional Random Fields Using Incomplete Annotations (COLING 2008).
        """
        mask = allowed.any(2)
        every = scores.float()
        both = torch.cat([every, every.masked_fill(~allowed, FORBIDDEN)])
        total, agreeing = self._forward(both, torch.cat([mask, mask]))[1].chunk(2)
        return torch.where(mask.any(1), agreeing - total, 0.0)

    def _forward(self, scores: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log weight of all ways to each label, and of all ways to the end.

        Returns:
            Shape (batch, tokens, labels), less a number per token, so that long rows stay exact; it stays behind the
            end. And shape (batch,).
        """
        transitions = self._transitions()
        total = scores[:, 0].masked_fill(~self.may_begin, FORBIDDEN)
        steps, lost = [total], torch.zeros_like(total[:, :1])
        for at in range(1, scores.shape[1]):
            following = torch.logsumexp(total[:, :, None] + transitions, dim=1) + scores[:, at]
            most = following.detach().amax(1, keepdim=True)
            lost = torch.where(mask[:, at, None], lost + most, lost)
            total = torch.where(mask[:, at, None], following - most, total)
            steps.append(total)
        return torch.stack(steps, 1), (total.logsumexp(1) + lost[:, 0])

    def marginals(self, scores: Tensor, mask: Tensor) -> Tensor:
        """Return the probability of each label at each token.

        Args:
            scores: Shape (batch, tokens, labels).
            mask: Which tokens count, shape (batch, tokens); those of a row follow each other.

        Returns:
            Shape (batch, tokens, labels); zeros where the mask is False.
        """
        full, _, inner = packed(scores.float(), torch.where(mask, 0, -1))
        transitions = self._transitions()
        ahead, _ = self._forward(full, inner)
        behind = torch.zeros_like(full[:, 0])
        out = [ahead[:, -1] + behind]
        for at in range(full.shape[1] - 2, -1, -1):
            before = torch.logsumexp(transitions + (full[:, at + 1] + behind)[:, None, :], dim=2)
            behind = torch.where(inner[:, at + 1, None], before - before.amax(1, keepdim=True), behind)
            out.append(ahead[:, at] + behind)
        found = torch.stack(out[::-1], 1).softmax(2)
        result = torch.zeros_like(scores, dtype=torch.float32)
        result[mask] = found[inner]
        return result

    @torch.inference_mode()
    def probabilities(self, scores: Tensor, mask: Tensor) -> NDArray[np.float32]:
        """Return `marginals` as an array, reckoned on the device of the weights."""
        device = self.transitions.device
        return self.marginals(scores.to(device), mask.to(device)).cpu().numpy()


def packed(scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Move the tokens that count to the front of their rows.

    Returns:
        Scores (batch, most that count, labels), labels (batch, most) and the mask of those that count (batch, most).
    """
    counts = labels >= 0
    width = max(1, int(counts.sum(1).max()))
    order = (~counts).int().argsort(dim=1, stable=True)[:, :width]
    inner = torch.arange(width, device=labels.device)[None] < counts.sum(1, keepdim=True)
    moved = scores.gather(1, order[..., None].expand(-1, -1, scores.shape[2]))
    return moved, labels.gather(1, order), inner
