"""What train's values say of a text before any network reads it: how likely a phrase is a value, and of which type."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tagkit.neural.bio import OUTSIDE, Spans
from tagkit.neural.tokens import Window
from tagkit.product import Product
from tagkit.text.phrases import PhraseMatcher
from tagkit.text.present import lower

Mark = tuple[int, int, dict[str, float]]
"""Start and end of a phrase, and for each type the log-odds of its being a value of the type."""


@dataclass
class ValueHints:
    """Counts of train's values, which are found as `dictionary` finds them: the longest phrase from the left.

    Attributes:
        values: By the text in lower case, then by type: in how many products it is a value.
        seen: By the text: in how many products it is found.
        rest: How many of the other characters, in which nothing is found, are outside of all values, and how many are
            inside of one.
    """

    values: dict[str, dict[str, int]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    rest: tuple[int, int] = (0, 0)

    @classmethod
    def count(cls, products: Sequence[Product], gold: Sequence[Spans], types: Collection[str]) -> Self:
        """Count the values of products with these spans; what has none of the types counts as "", any type."""
        made = cls()
        for product, spans in zip(products, gold, strict=True):
            for key, kind in {(key, kind if kind in types else "") for key, kind in _values(product.text, spans)}:
                counts = made.values.setdefault(key, {})
                counts[kind] = counts.get(kind, 0) + 1
        found = ({key for _, _, key in made._find(product.text)} for product in products)
        made.seen = dict(Counter(key for keys in found for key in keys))
        for product, spans in zip(products, gold, strict=True):
            inside, is_found = (np.zeros(len(product.text), dtype=bool) for _ in range(2))
            for start, end, _ in spans:
                inside[start:end] = True
            for start, end, _ in made.marks(product.text, spans):
                is_found[start:end] = True
            made.rest = made.rest[0] + int((~inside & ~is_found).sum()), made.rest[1] + int((inside & ~is_found).sum())
        return made

    @cached_property
    def _phrases(self) -> list[str]:
        return [key for key in self.values if key.strip()]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {key: number for number, key in enumerate(self._phrases)}

    @cached_property
    def _matcher(self) -> PhraseMatcher:
        return PhraseMatcher(self._phrases)

    def _find(self, text: str, without: Collection[str] = ()) -> list[tuple[int, int, str]]:
        left_out = {self._numbers[key] for key in without if key in self._numbers}
        return [(start, end, self._phrases[at]) for start, end, at in self._matcher.find(lower(text), left_out)]

    def marks(self, text: str, own: Spans | None = None) -> list[Mark]:
        """Return the phrases of a text that are values in train.

        Args:
            text: The text.
            own: The gold spans of a training text, which do not count for it; None: no training text.
        """
        mine = Counter(_values(text, own or []))
        lost = {key for key, _ in mine if sum(self.values.get(key, {}).values()) <= sum(_of(mine, key).values())}
        out = []
        for start, end, key in self._find(text, lost):
            counts = {kind: count - mine[key, kind] for kind, count in self.values[key].items()}
            seen = self.seen.get(key, 0) - (own is not None)
            odds = {kind: _log_odds(n, max(0, seen - n)) for kind, n in counts.items() if n > 0}
            out.append((start, end, odds))
        return out

    def plus(self, other: ValueHints) -> ValueHints:
        """Return the sums of these counts and those of further products."""
        values = {
            key: dict(Counter(self.values.get(key, {})) + Counter(other.values.get(key, {})))
            for key in (*self.values, *other.values)
        }
        rest = self.rest[0] + other.rest[0], self.rest[1] + other.rest[1]
        return ValueHints(values, dict(Counter(self.seen) + Counter(other.seen)), rest)

    def state(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {"values": self.values, "seen": self.seen, "rest": list(self.rest)}

    def of_tokens(
        self, text: str, window: Window, types: Sequence[str], own: Spans | None = None
    ) -> NDArray[np.float32]:
        """Return what is added to the scores of the labels of a window's tokens, shape (tokens, 1 + 2 * types).

        Args:
            text: The text.
            window: One of its windows.
            types: The types in the order of the labels.
            own: See `marks`.
        """
        out = np.zeros((len(window), 1 + 2 * len(types)), dtype=np.float32)
        numbers = {kind: number for number, kind in enumerate(types)}
        out[window.starts >= 0, OUTSIDE] = _log_odds(*self.rest)
        for start, end, odds in self.marks(text, own):
            inside = np.flatnonzero((window.starts >= 0) & (window.starts < end) & (window.ends > start))
            out[inside, OUTSIDE] = 0
            for kind, value in odds.items():
                if len(inside) and kind in numbers:
                    begin = 1 + 2 * numbers[kind]
                    out[inside, begin + 1] = value
                    if window.starts[inside[0]] <= start:
                        out[inside[0], begin : begin + 2] = value, 0
        return out


def _log_odds(first: int, second: int) -> float:
    return math.log((first + 0.5) / (second + 0.5))


def _values(text: str, spans: Spans) -> set[tuple[str, str]]:
    """Return the distinct values of spans in lower case, with their types."""
    return {(lower(text[start:end]), kind) for start, end, kind in spans}


def _of(mine: Counter[tuple[str, str]], key: str) -> dict[str, int]:
    return {kind: count for (text, kind), count in mine.items() if text == key}
