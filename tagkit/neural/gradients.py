"""How much each token of a text counts for a score of a network: gradients at the input vectors of the tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.neural.hardware import device, prepare
from tagkit.neural.tokens import Window

Method = Literal["integrated gradients", "gradient × input"]
GRADIENTS: tuple[Method, ...] = ("integrated gradients", "gradient × input")
STEPS = 20
"""At so many points between the empty text and the text the gradient is taken (integrated gradients)."""
ROWS = 10
"""So many of them are computed at a time."""
Piece = tuple[int, int, float]
"""A stretch of a text: its first character, the character after its last one, and how much it counts."""


@dataclass(frozen=True, slots=True)
class TokenScore:
    """A score of a network as a function of the tokens of a window.

    Attributes:
        net: The network.
        embedding: The part of it that turns token ids into vectors, which is called once for each computation.
        score: Takes ids, shape (rows, tokens), and returns the score of each row, shape (rows,).
        window: The tokens. Those without characters (special tokens, a category, a prompt) are not explained.
        empty: The id of the token that says nothing, by which an empty text is made.
        share: How much the window counts beside the other windows of its text.
    """

    net: nn.Module
    embedding: nn.Module
    score: Callable[[Tensor], Tensor]
    window: Window
    empty: int
    share: float = 1.0


def token_weights(scores: Sequence[TokenScore], method: Method) -> list[Piece]:
    """Return how much each token with characters counts, in the unit of the score.

    "gradient × input" is the derivative by a token's vector times the vector. "integrated gradients" takes the mean
    derivative on the straight line from the vectors of an empty text, times the difference; the sum over all tokens is
    then the difference between the scores of the text and of the empty text.

    Args:
        scores: The windows of a text.
        method: The method; integrated gradients need captum (see `missing`).

    Source: Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks (ICML 2017); Shrikumar et al., Not Just
    a Black Box (2016).
    """
    pieces = []
    for one in scores:
        prepare(one.net, device())
        ids = torch.from_numpy(one.window.ids)[None].to(next(one.net.parameters()).device)
        with torch.backends.cudnn.flags(enabled=False):  # cuDNN has no gradients of recurrent networks outside training
            found = _integrated(one, ids) if method == "integrated gradients" else _times_input(one, ids)
        weights = one.share * found.sum(-1)[0].double().cpu().numpy()
        counted = np.flatnonzero(one.window.starts >= 0)
        pieces += [(int(one.window.starts[at]), int(one.window.ends[at]), float(weights[at])) for at in counted]
    return pieces


def missing(method: Method) -> str:
    """Return what a method lacks, as a sentence; "" where it can be used."""
    if method == "integrated gradients" and find_spec("captum") is None:
        return 'integrated gradients need the package captum: pip install "tagkit[explain]"'
    return ""


def _integrated(one: TokenScore, ids: Tensor) -> Tensor:
    from captum.attr import LayerIntegratedGradients

    explained = torch.from_numpy(one.window.starts >= 0).to(ids.device)
    empty = torch.where(explained, one.empty, ids)
    explainer = LayerIntegratedGradients(one.score, one.embedding)
    with torch.enable_grad():
        return explainer.attribute(ids, empty, n_steps=STEPS, internal_batch_size=ROWS).detach()


def _times_input(one: TokenScore, ids: Tensor) -> Tensor:
    with torch.enable_grad(), _leaf_vectors(one.embedding) as vectors:
        score = one.score(ids).sum()
        gradient = torch.autograd.grad(score, vectors[0])[0]
    return (gradient * vectors[0]).detach()


@contextmanager
def _leaf_vectors(embedding: nn.Module) -> Iterator[list[Tensor]]:
    """Let an embedding return vectors by which a score can be derived, also where it is frozen; yield the vectors."""
    vectors: list[Tensor] = []

    def replace(_: nn.Module, __: Any, output: Tensor) -> Tensor:
        vectors.append(output.detach().requires_grad_())
        return vectors[-1]

    hook = embedding.register_forward_hook(replace)
    try:
        yield vectors
    finally:
        hook.remove()


def mean_log_probability(
    probabilities: Tensor, labels: NDArray[np.int64], at: NDArray[np.int64], counts: NDArray[np.float64]
) -> Tensor:
    """Return the weighted mean log-probability of the labels of some tokens, shape (rows,).

    Args:
        probabilities: Of each label, shape (rows, tokens, labels).
        labels: The label of each of the tokens, shape (n,).
        at: The positions of these tokens, shape (n,).
        counts: How much each counts, shape (n,).
    """
    chosen = probabilities[:, torch.from_numpy(at), torch.from_numpy(labels)].clamp(min=1e-12).log()
    weights = torch.from_numpy(counts / counts.sum()).to(chosen)
    return (chosen * weights).sum(1)
