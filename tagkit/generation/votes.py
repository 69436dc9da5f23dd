"""From several texts of one product to ranked tags: votes, log-probabilities, and what they are worth on dev."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tagkit.generation.grammar import SpecialTokens
from tagkit.generation.hypothesis import Hypothesis

Key = TypeVar("Key")
FEATURES = ("mean", "total", "share", "weighted", "log_share", "prior")
FEW = 20
"""With fewer right or wrong tags than this on dev, scores are left uncalibrated."""


class Piece(NamedTuple):
    """One tag of a written text.

    Attributes:
        tokens: Its tokens, without the mark behind it.
        logs: Their log-probabilities.
    """

    tokens: tuple[int, ...]
    logs: tuple[float, ...]


@dataclass
class Vote:
    """What the texts of one product say about one tag.

    Attributes:
        mean: The best mean log-probability of its tokens.
        total: The best log-probability of all of them.
        share: The share of the texts that have it.
        weighted: That share when each text counts by its own (length-normalised) probability.
        place: The first text, and the place in it, that has it.
        prior: What was known about it before anything was written, as a logit; 0 where nothing was.
    """

    mean: float
    total: float
    share: float
    weighted: float
    place: tuple[int, int]
    prior: float = 0.0

    @property
    def log_share(self) -> float:
        """The logarithm of the share, of at least a ten-thousandth."""
        return math.log(max(self.share, 1e-4))

    @property
    def score(self) -> float:
        """A score in [0, 1] without calibration: the weighted share times the mean probability of a token."""
        return min(1.0, self.weighted * math.exp(min(0.0, self.mean)))


def pieces(text: Hypothesis, special: SpecialTokens) -> Iterator[Piece]:
    """Yield the whole tags of a text; what was begun when the tokens ran out is left out, and so is what is empty.

    Without a separator (-1) every token is a tag.
    """
    if special.separator < 0:
        yield from (
            Piece((token,), (log,)) for token, log in zip(text.tokens, text.logs, strict=True) if token != special.end
        )
        return
    first = 0
    for at, token in enumerate(text.tokens):
        if token in (special.separator, special.end):
            if at > first:
                yield Piece(text.tokens[first:at], text.logs[first:at])
            first = at + 1


def count_votes(
    texts: Sequence[Hypothesis],
    special: SpecialTokens,
    read: Callable[[tuple[int, ...]], Key | None],
    power: float = 1.0,
) -> dict[Key, Vote]:
    """Merge the texts of one product.

    Args:
        texts: What the model wrote for it.
        special: Separator and end.
        read: From the tokens of a piece to what counts as one tag; None: it is none.
        power: Of length normalisation.
    """
    scores = np.array([text.score(power) for text in texts])
    weights = np.exp(scores - scores.max()) if len(texts) else scores
    weights /= max(weights.sum(), 1e-12)
    found: dict[Key, Vote] = {}
    for number, (text, weight) in enumerate(zip(texts, weights.tolist(), strict=True)):
        seen = set()
        for place, piece in enumerate(pieces(text, special)):
            key = read(piece.tokens)
            if key is None or key in seen:
                continue
            seen.add(key)
            total = sum(piece.logs)
            vote = found.setdefault(key, Vote(-math.inf, -math.inf, 0.0, 0.0, (number, place)))
            vote.mean, vote.total = max(vote.mean, total / len(piece.logs)), max(vote.total, total)
            vote.share += 1 / len(texts)
            vote.weighted += weight
    return found


def describe(votes: Sequence[Vote]) -> NDArray[np.float64]:
    """Return the features of votes, shape (votes, 6)."""
    return np.array([[getattr(vote, name) for name in FEATURES] for vote in votes]).reshape(-1, len(FEATURES))


class Confidence:
    """How probably a tag with certain votes is right: a logistic regression, learnt on dev.

    Source: Platt, Probabilistic outputs for support vector machines (1999), with several features.
    """

    def __init__(self) -> None:
        self.weights: NDArray[np.float64] = np.zeros(0)

    def fit(self, votes: Sequence[Vote], right: Sequence[bool]) -> None:
        """Learn from the tags given for dev and whether each is gold; too few leave the scores as they are."""
        from sklearn.linear_model import LogisticRegression

        if min(sum(right), len(right) - sum(right)) < FEW:
            self.weights = np.zeros(0)
            return
        model = LogisticRegression(C=1.0, max_iter=1000).fit(describe(votes), np.asarray(right))
        self.weights = np.append(model.coef_[0], model.intercept_[0])

    def __call__(self, votes: Sequence[Vote]) -> list[float]:
        """Return the scores of votes, rounded to six digits."""
        if not votes:
            return []
        if not len(self.weights):
            return [round(vote.score, 6) for vote in votes]
        logits = (describe(votes) * self.weights[:-1]).sum(1) + self.weights[-1]
        return [round(float(value), 6) for value in expit(logits)]

    def state(self) -> dict[str, Any]:
        """Return what was learnt."""
        return {"weights": self.weights}

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Confidence:
        """Take what `state` gave."""
        made = cls()
        made.weights = np.asarray(state["weights"])
        return made
