"""From the generated texts of a product to tags with scores: votes, log-probabilities, and their calibration on dev."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tagkit.generation.grammar import SpecialTokens
from tagkit.generation.hypothesis import Hypothesis
from tagkit.text.spelling import fold

Floats = NDArray[np.float32]
Key = TypeVar("Key")
FEATURES = ("mean", "total", "share", "weighted", "log_share", "prior")
MIN_EXAMPLES = 20
"""With fewer correct or fewer wrong tags on dev, scores are not calibrated."""
MAX_TAGS, MIN_SHARE = 64, 0.001
"""The maximum number of tags of a product that get votes by expectation, and the minimum expected share of each."""


class Piece(NamedTuple):
    """One tag of a generated text.

    Attributes:
        tokens: Its tokens, without the special token after it.
        log_probs: Their log-probabilities.
    """

    tokens: tuple[int, ...]
    log_probs: tuple[float, ...]


@dataclass
class Vote:
    """What the generated texts of a product say about one tag.

    Attributes:
        mean: The highest mean log-probability of its tokens.
        total: The highest total log-probability of its tokens.
        share: The share of the texts that contain it.
        weighted: That share with each text weighted by its length-normalised probability.
        place: The first text that contains it, and its position in that text.
        prior: The logit of the tag before generation, from stacked features; 0 where there are none.
    """

    mean: float
    total: float
    share: float
    weighted: float
    place: tuple[int, int]
    prior: float = 0.0

    @property
    def log_share(self) -> float:
        """The logarithm of the share, which is taken as at least 0.0001."""
        return math.log(max(self.share, 1e-4))

    @property
    def score(self) -> float:
        """An uncalibrated score in [0, 1]: the weighted share times the mean probability of a token."""
        return min(1.0, self.weighted * math.exp(min(0.0, self.mean)))


def pieces(text: Hypothesis, special: SpecialTokens) -> Iterator[Piece]:
    """Yield the complete, non-empty tags of a text. Without a separator (-1), every token is a tag."""
    if special.separator < 0:
        for token, log_prob in zip(text.tokens, text.log_probs, strict=True):
            if token != special.end:
                yield Piece((token,), (log_prob,))
        return
    first = 0
    for position, token in enumerate(text.tokens):
        if token in (special.separator, special.end):
            if position > first:
                yield Piece(text.tokens[first:position], text.log_probs[first:position])
            first = position + 1


def count_votes(
    texts: Sequence[Hypothesis],
    special: SpecialTokens,
    read: Callable[[tuple[int, ...]], Key | None],
    power: float = 1.0,
) -> dict[Key, Vote]:
    """Merge the texts of one product.

    Args:
        texts: The generated texts.
        special: Separator and end.
        read: Maps the tokens of a piece to a tag, or to None if they are no valid tag.
        power: The power of length normalisation.
    """
    scores = np.array([text.score(power) for text in texts])
    weights = np.exp(scores - scores.max()) if len(texts) else scores
    weights /= max(weights.sum(), 1e-12)
    found: dict[Key, Vote] = {}
    for number, (text, weight) in enumerate(zip(texts, weights.tolist(), strict=True)):
        seen = set()
        for position, piece in enumerate(pieces(text, special)):
            key = read(piece.tokens)
            if key is None or key in seen:
                continue
            seen.add(key)
            total = sum(piece.log_probs)
            vote = found.setdefault(key, Vote(-math.inf, -math.inf, 0.0, 0.0, (number, position)))
            vote.mean, vote.total = max(vote.mean, total / len(piece.log_probs)), max(vote.total, total)
            vote.share += 1 / len(texts)
            vote.weighted += weight
    return found


def expected_votes(
    share: Floats, weighted: Floats, best: Floats, prior: Floats, names: Sequence[Key]
) -> dict[Key, Vote]:
    """Return the votes of the tags of one product from expectations over its lists.

    Args:
        share: The expected share of lists that contain each token, shape (tokens,).
        weighted: The same with lists weighted by their probabilities.
        best: Its highest log-probability at any position.
        prior: The stacked feature of each tag, shape (tags,), of at most as many as there are tokens.
        names: The tag that each token is.
    """
    order = [at for at in np.argsort(-share, kind="stable")[:MAX_TAGS].tolist() if share[at] >= MIN_SHARE]
    votes = {}
    for place, at in enumerate(order):
        known = float(prior[at]) if at < len(prior) else 0.0
        log = float(best[at])
        votes[names[at]] = Vote(log, log, float(share[at]), float(weighted[at]), (0, place), known)
    return votes


def vote_facts(votes: Mapping[Any, Vote], tag: str) -> dict[str, float]:
    """Return what the generated lists say about a tag, by name, for an explanation; nothing where none contains it.

    Args:
        votes: Of one product, by what has the attribute `text`.
        tag: The tag.
    """
    found = [vote for item, vote in votes.items() if fold(item.text) == fold(tag)]
    if not found:
        return {}
    vote = max(found, key=lambda vote: vote.share)
    return {
        "share of the lists with it": round(vote.share, 3),
        "highest log-probability in them": round(vote.total, 3),
        "the same per token": round(vote.mean, 3),
    }


class Confidence:
    """The probability that a tag is correct, given its vote: a logistic regression fitted on dev.

    Attributes:
        weights: The coefficients of `FEATURES` and the intercept; empty if the scores are not calibrated.

    Source: Platt, Probabilistic outputs for support vector machines (1999), with several features.
    """

    def __init__(self, weights: Any = ()) -> None:
        self.weights: NDArray[np.float64] = np.asarray(weights, dtype=np.float64)

    def fit(self, votes: Sequence[Vote], correct: Sequence[bool]) -> None:
        """Fit on the votes of dev and whether each tag is correct; with too few of either, scores stay uncalibrated."""
        from sklearn.linear_model import LogisticRegression

        self.weights = np.zeros(0)
        if min(sum(correct), len(correct) - sum(correct)) >= MIN_EXAMPLES:
            model = LogisticRegression(C=1.0, max_iter=1000).fit(_features(votes), np.asarray(correct))
            self.weights = np.append(model.coef_[0], model.intercept_[0])

    def __call__(self, votes: Sequence[Vote]) -> list[float]:
        """Return the scores of votes in [0, 1], rounded to six digits."""
        if not votes:
            return []
        if not len(self.weights):
            return [round(vote.score, 6) for vote in votes]
        logits = (_features(votes) * self.weights[:-1]).sum(1) + self.weights[-1]
        return [round(float(value), 6) for value in expit(logits)]


def _features(votes: Sequence[Vote]) -> NDArray[np.float64]:
    """Return the features of votes, shape (votes, len(FEATURES))."""
    return np.array([[getattr(vote, name) for name in FEATURES] for vote in votes])
