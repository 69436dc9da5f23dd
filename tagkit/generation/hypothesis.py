"""What all decoding methods share: settings, the interface of a model, allowed tokens, and generated texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from tagkit.errors import BadInput
from tagkit.generation.prefix_tree import Ids
from tagkit.parameters import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, Probability, Share, check

Method = Literal["greedy", "beam", "diverse", "sample"]
DROP = 0.125
"""Finished rows are removed from the batch once they are this share of it; removing them copies the cache."""


class Stepper(Protocol):
    """A model that continues several texts in parallel: a decoder with or without an encoder.

    It keeps what it has computed for each row (its cache) between the calls.
    """

    def start(self, prompts: Sequence[Any]) -> Tensor:
        """Start a batch with one row per prompt; return the logits of the first token, shape (rows, vocabulary)."""

    def feed(self, tokens: Tensor) -> Tensor:
        """Append one token to each row, shape (rows,), on the CPU; return the next logits, (rows, vocabulary)."""

    def select(self, rows: Tensor) -> None:
        """Reorder, repeat or remove rows: keep those with the given numbers, shape (new rows,)."""


@dataclass(kw_only=True, eq=False, repr=False)
class DecodingOptions:
    """How texts are decoded.

    Args:
        method: "greedy", "beam", "diverse" (diverse beam search) or "sample".
        returns: Lists of tags per product, or texts per prompt; for beam search also the number of beams.
        temperature: Sampling: the logits are divided by it.
        top_p: Sampling: only the most probable tokens whose probabilities sum to this.
        min_p: Sampling: only tokens at least this probable, relative to the most probable one.
        penalty: Diverse beam search: subtracted from the log-probability of a token for each earlier group of beams
            that chose it in the same step.
        seed: Seed of training and, together with a product's text, of sampling; equal texts get equal tags in any
            batch.

    Source: diverse beam search: Vijayakumar et al., Diverse Beam Search (AAAI 2018); top-p: Holtzman et al., The
    Curious Case of Neural Text Degeneration (ICLR 2020); min-p: Nguyen et al., Turning Up the Heat: Min-p Sampling
    (ICLR 2025).
    """

    method: Method = "greedy"
    returns: PositiveInt = 1
    temperature: PositiveFloat = 1.0
    top_p: Share = 1.0
    min_p: Probability = 0.0
    penalty: NonNegativeFloat = 0.5
    seed: NonNegativeInt = 0


@dataclass(kw_only=True)
class Search(DecodingOptions):
    """All settings of decoding.

    Attributes:
        tokens: The maximum number of tokens of a text, including its end.
        beams: Number of beams of a beam search, at least `returns`; None: `returns`.
        groups: Number of groups of a diverse beam search, a divisor of the number of beams; None: one group per beam.
        length_power: The score of a text is its log-probability divided by its number of tokens to this power.

    Raises:
        BadInput: A value is outside its range.
    """

    tokens: PositiveInt = 64
    beams: PositiveInt | None = None
    groups: PositiveInt | None = None
    length_power: NonNegativeFloat = 1.0

    def __post_init__(self) -> None:
        """Check the values."""
        check(type(self), "decoding", vars(self))
        if self.method == "greedy" and self.returns > 1:
            raise BadInput("greedy decoding returns one text: use beam, diverse or sample for more")
        if self.width < self.returns:
            raise BadInput(f"{self.width} beams cannot return {self.returns} texts")
        if self.n_groups < 1 or self.width % self.n_groups:
            raise BadInput(f"{self.width} beams cannot be divided into {self.n_groups} groups of equal size")

    @property
    def width(self) -> int:
        """The number of texts that are generated in parallel for each prompt."""
        return self.returns if self.beams is None else self.beams

    @property
    def n_groups(self) -> int:
        """The number of groups of beams."""
        if self.method != "diverse":
            return 1
        return self.width if self.groups is None else self.groups


class Hypothesis(NamedTuple):
    """A generated text.

    Attributes:
        tokens: Its tokens, including the end if it is finished.
        log_probs: Their log-probabilities by the model, without temperature and not renormalised to allowed tokens.
        finished: Whether it has reached its end.
    """

    tokens: tuple[int, ...]
    log_probs: tuple[float, ...]
    finished: bool

    def score(self, power: float = 1.0) -> float:
        """Return the log-probability divided by the number of tokens to a power."""
        return sum(self.log_probs) / max(1, len(self.log_probs)) ** power


class Choices(NamedTuple):
    """The possible next tokens of each row.

    Attributes:
        log_probs: Shape (rows, choices); minus infinity where a row has fewer choices.
        ids: The tokens, of the same shape; None: the whole vocabulary in its order.
    """

    log_probs: Tensor
    ids: Tensor | None

    def tokens(self, columns: Tensor) -> Tensor:
        """Return the tokens of columns; both have the shape (rows, n)."""
        return columns if self.ids is None else self.ids.gather(1, columns)


def choices(logits: Tensor, allowed: Sequence[Ids] | None) -> Choices:
    """Return the log-probabilities of the allowed tokens; only these are gathered.

    Args:
        logits: Shape (rows, vocabulary).
        allowed: The allowed tokens of each row; None: all.
    """
    is_copy = logits.dtype != torch.float32
    logits = logits.float()
    norm = logits.logsumexp(-1, keepdim=True)
    if allowed is None:
        return Choices(logits.sub_(norm) if is_copy else logits - norm, None)
    sizes = np.array([len(row) for row in allowed])
    inside = np.arange(sizes.max()) < sizes[:, None]
    table = np.zeros(inside.shape, dtype=np.int64)
    table[inside] = np.concatenate(allowed)
    ids = torch.from_numpy(table).to(logits.device)
    log_probs = logits.gather(1, ids) - norm
    return Choices(log_probs.masked_fill_(~torch.from_numpy(inside).to(logits.device), -torch.inf), ids)
