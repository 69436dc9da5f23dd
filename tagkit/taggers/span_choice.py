"""From scored spans to values: one or several per type, calibrated, above thresholds that are chosen for F1."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

from tagkit.calibration import platt
from tagkit.neural.bio import Spans

FLOOR, BEST = -8.0, 6
"""Spans below this score, and more than so many for a type of a window, are not looked at."""
SEVERAL = 0.05
"""A type may have several values in a text if it has in this share of the training texts with the type."""
SHRUNK = 1.0
"""A type's own decisions are weighed against the mean of all types, which counts as much as so many types."""
ENOUGH = 10
"""A type with fewer decisions has the threshold of all."""


class Found(NamedTuple):
    """A span of a text (characters), its type and its score, a logit."""

    start: int
    end: int
    type: str
    score: float


class ScoredSpan(NamedTuple):
    """A value that is given if its score is above a threshold, and whether it is right."""

    type: str
    score: float
    right: bool


@dataclass
class Choice:
    """The thresholds of types, and the sigmoid that makes probabilities of scores.

    Attributes:
        default: The threshold of types without one of their own.
        thresholds: That of the others.
        scale: Of the sigmoid.
        shift: Of the sigmoid.
    """

    default: float = 0.0
    thresholds: dict[str, float] = field(default_factory=dict)
    scale: float = 1.0
    shift: float = 0.0

    @classmethod
    def of(cls, decisions: Sequence[ScoredSpan], gold: Mapping[str, int]) -> Choice:
        """Choose the thresholds with the best micro-F1, and calibrate.

        The threshold of a type is the one that adds most to the best F1 that one threshold for all has; its own
        decisions are weighed against those of all types, so that few of them move it little.

        Args:
            decisions: The best values of texts, whatever their score.
            gold: How many gold values there are of each type.
        """
        if not any(one.right for one in decisions):
            return cls()
        scores = np.array([one.score for one in decisions])
        right = np.array([one.right for one in decisions])
        cuts = _cuts(scores)
        hits, given = _above(scores, right, cuts)
        f1 = 2 * hits / (given + sum(gold.values()))
        best = float(f1.max())
        gain = 2 * hits - best * given
        by_type: dict[str, list[int]] = defaultdict(list)
        for at, one in enumerate(decisions):
            by_type[one.type].append(at)
        thresholds = {}
        for kind, rows in by_type.items():
            if len(rows) >= ENOUGH:
                own_hits, own_given = _above(scores[rows], right[rows], cuts)
                total = 2 * own_hits - best * own_given + SHRUNK * gain / len(by_type)
                thresholds[kind] = float(cuts[int(total.argmax())])
        scale, shift = platt(scores[:, None], sparse.csr_matrix(right[:, None].astype(float)))
        return cls(float(cuts[int(f1.argmax())]), thresholds, scale, shift)

    def threshold(self, kind: str) -> float:
        """Return the threshold of a type."""
        return self.thresholds.get(kind, self.default)

    def probability(self, score: float) -> float:
        """Return how likely a value with this score is right."""
        return float(expit(self.scale * score + self.shift))


def _cuts(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return thresholds half-way between neighbouring scores, at most a few hundred."""
    levels = np.unique(np.quantile(scores, np.linspace(0, 1, 201)))
    return np.concatenate([[levels[0] - 1], (levels[1:] + levels[:-1]) / 2])


def _above(
    scores: NDArray[np.float64], right: NDArray[np.bool_], cuts: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many right values and how many values in all are above each threshold."""
    order = np.argsort(scores)
    at = np.searchsorted(scores[order], cuts, side="right")
    sums = np.concatenate([[0], right[order].cumsum()])
    return sums[-1] - sums[at], len(scores) - at


def best_of(
    scores: NDArray[np.float32], starts: NDArray[np.int64], ends: NDArray[np.int64], types: Sequence[str]
) -> list[Found]:
    """Return the best spans of a window for each type.

    Args:
        scores: Shape (spans, types).
        starts: The first character of each span.
        ends: The character after the last one.
        types: The types.
    """
    found = []
    count = min(BEST, len(scores))
    nearest = np.argpartition(-scores, count - 1, axis=0)[:count] if count else np.zeros((0, len(types)), dtype=int)
    for number, kind in enumerate(types):
        for at in nearest[:, number].tolist():
            if (score := float(scores[at, number])) > FLOOR:
                found.append(Found(int(starts[at]), int(ends[at]), kind, score))
    return found


def types_with_several(texts: Sequence[str], gold: Sequence[Spans]) -> dict[str, bool]:
    """Say for each type whether a text has several values of it often enough to expect them."""
    having: dict[str, list[bool]] = defaultdict(list)
    for text, spans in zip(texts, gold, strict=True):
        values: dict[str, set[str]] = defaultdict(set)
        for start, end, kind in spans:
            values[kind].add(text[start:end])
        for kind, found in values.items():
            having[kind].append(len(found) > 1)
    return {kind: bool(np.mean(found) >= SEVERAL) for kind, found in having.items()}


def without_overlap(found: Iterable[Found], several: Mapping[str, bool]) -> list[Found]:
    """Return the best spans of each type that do not overlap others of the type; one where it has no several."""
    kept: dict[str, list[Found]] = defaultdict(list)
    for one in sorted(found, key=lambda one: (-one.score, one.start, one.end, one.type)):
        others = kept[one.type]
        is_free = all(one.end <= other.start or one.start >= other.end for other in others)
        if not others or (is_free and several.get(one.type, True)):
            others.append(one)
    return [one for ones in kept.values() for one in ones]
