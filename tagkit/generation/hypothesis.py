"""What all ways of decoding share: how to decode, a model as a stepper, what is allowed next, a finished text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from tagkit.errors import BadInput
from tagkit.generation.prefix_tree import Ids

METHODS = ("greedy", "beam", "diverse", "sample")
DROP = 0.125
"""Finished rows leave the batch when they are this share of it: leaving copies the cache of those that stay."""


class Stepper(Protocol):
    """A model that writes several texts side by side, a decoder alone or with an encoder before it.

    It keeps what it has computed of each row (its cache) between the calls.
    """

    def start(self, prompts: Sequence[Any]) -> Tensor:
        """Begin anew with one row per prompt; return the logits of the first token, shape (rows, vocabulary)."""

    def feed(self, tokens: Tensor) -> Tensor:
        """Take one token per row, shape (rows,), on the CPU; return the logits of the next, (rows, vocabulary)."""

    def select(self, rows: Tensor) -> None:
        """Make these the rows, shape (new rows,): reorders, repeats and drops them."""


@dataclass(frozen=True)
class Search:
    """How to decode.

    Attributes:
        method: "greedy", "beam", "diverse" (beam search in groups that avoid each other's tokens) or "sample".
        returns: Texts per prompt.
        tokens: The most tokens of a text, its end included.
        beams: Of beam search, at least `returns`; None: as many.
        groups: Of diverse beam search, a divisor of the beams; None: every beam is a group.
        penalty: What a token costs in diverse beam search for each earlier group that took it in the same step.
        temperature: Of sampling: logits are divided by it.
        top_p: Sample from the most probable tokens that have this much probability together.
        min_p: Sample from tokens at least this probable, relative to the most probable one.
        length_power: A text's score is its log-probability divided by its number of tokens to this power.
        seed: Of sampling.

    Raises:
        BadInput: A value is outside its range.

    Source: diverse beam search: Vijayakumar et al., Diverse Beam Search (AAAI 2018); top-p: Holtzman et al., The
    Curious Case of Neural Text Degeneration (ICLR 2020); min-p: Nguyen et al., Turning Up the Heat: Min-p Sampling
    (ICLR 2025).
    """

    method: str = "greedy"
    returns: int = 1
    tokens: int = 64
    beams: int | None = None
    groups: int | None = None
    penalty: float = 0.5
    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.0
    length_power: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be decoded with."""
        if self.method not in METHODS:
            raise BadInput(f"the decoding method is one of {', '.join(METHODS)}, not {self.method!r}")
        for name in ("returns", "tokens"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise BadInput(f"{name} is a whole number of at least 1, not {getattr(self, name)!r}")
        if self.method == "greedy" and self.returns > 1:
            raise BadInput("greedy decoding returns one text: take beam, diverse or sample for more")
        if self.width < self.returns:
            raise BadInput(f"{self.width} beams cannot return {self.returns} texts")
        if self.parts < 1 or self.width % self.parts:
            raise BadInput(f"{self.width} beams cannot be parted into {self.parts} groups of one size")
        for name, low in (("temperature", self.temperature > 0), ("top_p", 0 < self.top_p <= 1)):
            if not low:
                raise BadInput(
                    f"{name} is above 0{' and at most 1' if name == 'top_p' else ''}: {getattr(self, name)!r}"
                )
        if not 0 <= self.min_p <= 1:
            raise BadInput(f"min_p lies between 0 and 1, not at {self.min_p!r}")
        if self.penalty < 0 or self.length_power < 0:
            raise BadInput("penalty and length_power are at least 0")

    @property
    def width(self) -> int:
        """How many beams there are."""
        return self.returns if self.beams is None else self.beams

    @property
    def parts(self) -> int:
        """How many groups the beams are in."""
        if self.method != "diverse":
            return 1
        return self.width if self.groups is None else self.groups


class Hypothesis(NamedTuple):
    """One text that a model wrote.

    Attributes:
        tokens: Its tokens, the end included where it came to it.
        logs: Their log-probabilities by the model, neither tempered nor renormalised to what a grammar allows.
        whole: Whether it came to its end.
    """

    tokens: tuple[int, ...]
    logs: tuple[float, ...]
    whole: bool

    def score(self, power: float = 1.0) -> float:
        """Return the log-probability, divided by the number of tokens to a power."""
        return sum(self.logs) / max(1, len(self.logs)) ** power


class Choices(NamedTuple):
    """What each row may write next.

    Attributes:
        logs: Log-probabilities, shape (rows, choices); minus infinity where a row has fewer.
        ids: The tokens, the same shape; None: the whole vocabulary in its order.
    """

    logs: Tensor
    ids: Tensor | None

    def tokens(self, columns: Tensor) -> Tensor:
        """Return the tokens of columns, shape (rows, n) for columns of shape (rows, n)."""
        return columns if self.ids is None else self.ids.gather(1, columns)


def choices(logits: Tensor, allowed: Sequence[Ids] | None) -> Choices:
    """Return log-probabilities of what is allowed; those of other tokens are not even looked at.

    Args:
        logits: Shape (rows, vocabulary).
        allowed: The allowed tokens of each row; None: all.
    """
    copied = logits.dtype != torch.float32
    logits = logits.float()
    norm = logits.logsumexp(-1, keepdim=True)
    if allowed is None:
        return Choices(logits.sub_(norm) if copied else logits - norm, None)
    sizes = np.array([len(row) for row in allowed])
    inside = np.arange(sizes.max()) < sizes[:, None]
    table = np.zeros(inside.shape, dtype=np.int64)
    table[inside] = np.concatenate(allowed)
    ids = torch.from_numpy(table).to(logits.device)
    found = logits.gather(1, ids) - norm
    return Choices(found.masked_fill_(~torch.from_numpy(inside).to(logits.device), -torch.inf), ids)
