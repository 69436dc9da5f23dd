"""From scored spans to values: one or several per type, calibrated, above a threshold that is chosen for F1."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from tagkit.neural.bio import Spans, gold_spans
from tagkit.product import Product

FLOOR, BEST = -12.0, 6
"""Spans below this score, and more than so many for a type of a window, are not looked at."""
SEVERAL = 0.05
"""A type may have several values in a text if it has in this share of the training texts with the type."""
FIRM = -3.0
"""A value with a lower score does not make others unlikelier that overlap it."""
SHRINKAGE, FREE = 0.1, 3.0
"""How far a type's calibration may differ from that of all types (the C of scikit-learn), and by how much further that
of all."""


class Found(NamedTuple):
    """A span of a text (characters), its type and its score, a logit."""

    start: int
    end: int
    type: str
    score: float


class JudgedValue(NamedTuple):
    """A value that may be given, whether it is a further one of its type in the text, and whether it is right."""

    type: str
    score: float
    is_further: bool
    is_right: bool


@dataclass
class Choice:
    """Which values are given: those that are probable enough.

    The probability of a value is the sigmoid of a linear function of its score, with a shift for its type, and one for
    further values of a type in the same text.

    Attributes:
        scale: Of the scores.
        shift: For all values.
        shifts: For those of each type.
        further: For further values.
        threshold: The least probability of values that are given.
    """

    scale: float = 1.0
    shift: float = 0.0
    shifts: dict[str, float] = field(default_factory=dict)
    further: float = 0.0
    threshold: float = 0.5

    @classmethod
    def of(cls, decisions: Sequence[JudgedValue], gold: int) -> Choice:
        """Calibrate by logistic regression, and choose the threshold with the best expected micro-F1.

        A threshold on fitted probabilities varies less than the one that happens to be best on few values.

        Args:
            decisions: The best values of texts, whatever their scores.
            gold: How many gold values there are.

        Source: the best threshold is half of the best F1: Lipton, Elkan and Naryanaswamy, Optimal Thresholding of
        Classifiers to Maximize F1 Measure (ECML PKDD 2014).
        """
        right = np.array([one.is_right for one in decisions])
        if not 0 < right.sum() < len(right):
            return cls()
        types = sorted({one.type for one in decisions})
        columns = {kind: 2 + number for number, kind in enumerate(types)}
        known = np.zeros((len(decisions), 2 + len(types)))
        for row, one in zip(known, decisions, strict=True):
            row[:2] = FREE * one.score, FREE * one.is_further
            row[columns[one.type]] = 1
        model = LogisticRegression(C=SHRINKAGE, max_iter=1000).fit(known, right)
        chances = -np.sort(-model.predict_proba(known)[:, 1])
        expected = 2 * chances.cumsum() / (1 + np.arange(len(chances)) + gold)
        scale, further, *shifts = model.coef_[0].tolist()
        own = dict(zip(types, shifts, strict=True))
        return cls(FREE * scale, float(model.intercept_[0]), own, FREE * further, float(expected.max()) / 2)

    def probability(self, found: Found, is_further: bool = False) -> float:
        """Return how likely a value is right."""
        shift = self.shift + self.shifts.get(found.type, 0.0) + self.further * is_further
        return float(expit(self.scale * found.score + shift))


def decided(products: Sequence[Product], found: Sequence[Sequence[Found]]) -> tuple[list[JudgedValue], int]:
    """Return the values that may be given for products with gold values, and how many gold values there are.

    Where a product names the attributes that it asks for, others do not count: they are neither right nor wrong.

    Args:
        products: The products.
        found: The best values of each, from `best_values`.
    """
    decisions, count = [], 0
    for product, row in zip(products, found, strict=True):
        gold = {(kind, product.text[start:end]) for start, end, kind in gold_spans(product)}
        asked = {name for name, value in product.attributes.items() if not value}
        count += len(gold)
        seen: set[tuple[str, str]] = set()
        for one, is_further in with_further(row):
            value = one.type, product.text[one.start : one.end]
            if value not in seen and (not asked or one.type in asked):
                decisions.append(JudgedValue(one.type, one.score, is_further, value in gold))
            seen.add(value)
    return decisions, count


def with_further(found: Iterable[Found]) -> Iterator[tuple[Found, bool]]:
    """Yield values, the best ones first, and whether a better one of the same type came before."""
    before: set[str] = set()
    for one in found:
        yield one, one.type in before
        before.add(one.type)


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


def best_values(found: Iterable[Found], several: Mapping[str, bool], apart: Callable[[str, str], float]) -> list[Found]:
    """Return the best spans of each type, the best ones first; one where the type has no several.

    Spans of one type do not overlap. Where a span overlaps a better one of another type, its score is lowered by what
    train knows of both types.

    Args:
        found: The spans.
        several: Whether a text has several values of a type; types that are not named do.
        apart: By how much the score is lowered where values of two types overlap.
    """
    rows = sorted(found, key=lambda one: (-one.score, one.start, one.end, one.type))
    waiting = [(-one.score, at, 0.0) for at, one in enumerate(rows)]
    kept: list[Found] = []
    done: set[str] = set()
    while waiting:
        score, at, lowered = heappop(waiting)
        one = rows[at]
        if one.type in done and not several.get(one.type, True):
            continue
        beside = [other for other in kept if one.start < other.end and other.start < one.end]
        if any(other.type == one.type for other in beside):
            continue
        less = max((apart(one.type, other.type) for other in beside if other.score > FIRM), default=0.0)
        if less > lowered:
            heappush(waiting, (less - one.score, at, less))
            continue
        done.add(one.type)
        kept.append(one._replace(score=-score))
    return kept


class Verdict(NamedTuple):
    """What becomes of a span beside the best values of its text.

    Attributes:
        lowered: By how much its score is lowered, since it overlaps a better value of another type.
        by: That value; None: there is none.
        is_further: Whether there is a better value of its type in the text.
        lost_to: The better value of its type that excludes it; None: there is none.
    """

    lowered: float
    by: Found | None
    is_further: bool
    lost_to: Found | None


def verdict(
    one: Found, kept: Sequence[Found], several: Mapping[str, bool], apart: Callable[[str, str], float]
) -> Verdict:
    """Say what becomes of a span beside the best values of its text, by the rules of `best_values`.

    Args:
        one: The span with its score before it was lowered, one of these values or not.
        kept: The best values, from `best_values`.
        several: As there.
        apart: As there.
    """
    lowered, by, is_further = 0.0, None, False
    for other in kept:
        if other[:3] == one[:3] or other.score < one.score - lowered:
            break
        overlaps = one.start < other.end and other.start < one.end
        if other.type == one.type:
            if overlaps or not several.get(one.type, True):
                return Verdict(lowered, by, False, other)
            is_further = True
        elif overlaps and other.score > FIRM and (less := apart(one.type, other.type)) > lowered:
            lowered, by = less, other
    return Verdict(lowered, by, is_further, None)
