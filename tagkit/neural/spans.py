"""Spans of tokens as candidates for values: which there are, and what a dictionary of train's values says of them."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tagkit.neural.bio import Spans
from tagkit.neural.tokens import Window
from tagkit.product import Product
from tagkit.text.present import lower

FEATURES = 3
"""Numbers that the dictionary gives for a span and a type."""
SMOOTHING = 3.0
"""To the products of a category so many are added that have the types as often as all of train, and to those with a
pair of types so many whose values overlap as often as those of all pairs."""
MOST_UNITS, COVERED, ALIGNED = 16, 0.995, 0.99
"""Candidates have at most so many units, as many as this share of the gold spans need; units are whole words if this
share of the gold spans begin and end with one."""
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The spans of one window.

    Attributes:
        first: The first token of each, shape (spans,).
        last: The last one.
        starts: The first character.
        ends: The character after the last one.
    """

    first: Ints
    last: Ints
    starts: Ints
    ends: Ints


@dataclass(frozen=True)
class SpanUnits:
    """Which spans are candidates: those of few units, which are words or single tokens.

    Args:
        words: Whether a candidate begins and ends where a word does (numbers, letters and marks are separate words, and
            each Chinese character is one), rather than anywhere between two tokens.
        most: How many units it has at most.
    """

    words: bool = True
    most: int = 8

    @classmethod
    def of(cls, texts: Sequence[str], gold: Sequence[Spans]) -> Self:
        """Return the units that the gold spans need."""
        pairs = [(text, span) for text, spans in zip(texts, gold, strict=True) for span in spans]
        is_aligned = [_borders(text, start) and _borders(text, end) for text, (start, end, _) in pairs]
        words = bool(np.mean(is_aligned) >= ALIGNED)
        sizes = [
            sum(not text[at].isspace() and (not words or _borders(text, at)) for at in range(start, end))
            for text, (start, end, _) in pairs
        ]
        return cls(words, int(min(MOST_UNITS, np.quantile(sizes, COVERED, method="higher"))))

    def candidates(self, window: Window, text: str) -> Candidates:
        """Return the candidates of one window of a text."""
        tokens = np.flatnonzero(window.starts >= 0)
        starts, ends = window.starts[tokens], window.ends[tokens]
        begins = [at for at, start in enumerate(starts.tolist()) if not self.words or _borders(text, start)] or [0]
        edges = np.array([*begins, len(tokens)])
        count = len(begins)
        first = np.repeat(np.arange(count), self.most)
        last = first + np.tile(np.arange(self.most), count)
        first, last = first[last < count], last[last < count]
        first, last = edges[first], edges[last + 1] - 1
        return Candidates(tokens[first], tokens[last], starts[first], ends[last])


def _borders(text: str, at: int) -> bool:
    """Say whether a word may begin or end before a character."""
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    return not (before.isdigit() and after.isdigit()) and not (_is_letter(before) and _is_letter(after))


def _is_letter(char: str) -> bool:
    return char.isalpha() and not "\u3040" <= char <= "\u9fff"


@dataclass
class ValueCounts:
    """What train knows of texts as values: in how many products each occurs, and in how many it is a value of a type.

    Attributes:
        values: By the text in lower case, then by type, then by category ("" for all): how many products have it.
        seen: By the text: how many products hold it as a candidate.
        having: By category, then by type: how many products have a value of the type.
        sizes: By category: how many products there are; "" for all.
        together: By pairs of types, in alphabetical order: how many products have values of both.
        overlapping: By the same pairs: in how many of them a value of one overlaps a value of the other.
    """

    values: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    having: dict[str, dict[str, int]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    together: dict[str, dict[str, int]] = field(default_factory=dict)
    overlapping: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def count(
        cls, products: Sequence[Product], gold: Sequence[Spans], units: SpanUnits, windows: Sequence[Window]
    ) -> Self:
        """Count the values of products, whose texts are read as `windows`."""
        made = cls()
        for product, spans in zip(products, gold, strict=True):
            own = {(lower(product.text[start:end]), kind) for start, end, kind in spans}
            for category in {"", product.category}:
                made.sizes[category] = made.sizes.get(category, 0) + 1
                having = made.having.setdefault(category, {})
                for kind in {kind for _, kind in own}:
                    having[kind] = having.get(kind, 0) + 1
                for key, kind in own:
                    counts = made.values.setdefault(key, {}).setdefault(kind, {})
                    counts[category] = counts.get(category, 0) + 1
            kinds = sorted({kind for *_, kind in spans})
            meeting = {(a[2], b[2]) for a in spans for b in spans if a[0] < b[1] and b[0] < a[1]}
            for one, other in itertools.combinations(kinds, 2):
                for pairs in (made.together, made.overlapping) if (one, other) in meeting else (made.together,):
                    pairs.setdefault(one, {})[other] = pairs.get(one, {}).get(other, 0) + 1
        inside: dict[int, set[str]] = {}
        for window in windows:
            text, found = lower(products[window.row].text), units.candidates(window, products[window.row].text)
            keys = {text[start:end] for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True)}
            inside.setdefault(window.row, set()).update(keys & made.values.keys())
        made.seen = dict(Counter(key for keys in inside.values() for key in keys))
        return made

    def features(
        self, text: str, category: str, found: Candidates, types: Mapping[str, int], own: Spans | None
    ) -> tuple[Ints, Floats]:
        """Return what is known of candidates, for those that are values of train.

        Args:
            text: The text.
            category: Of the product.
            found: Its candidates.
            types: The number of each type.
            own: The gold spans of a training text, which do not count for it; None: no training text.

        Returns:
            The candidate and the type of each row, shape (rows, 2); and the log-odds of the text being a value of the
            type, and the logarithms of how many products have it, in all and in the category, shape (rows, 3).
        """
        low = lower(text)
        held_out = {(low[start:end], kind) for start, end, kind in own or ()}
        places, rows = [], []
        for at, (start, end) in enumerate(zip(found.starts.tolist(), found.ends.tolist(), strict=True)):
            for kind, counts in self.values.get(low[start:end], {}).items():
                less = (low[start:end], kind) in held_out
                count = counts[""] - less
                if count > 0 and kind in types:
                    other = max(0, self.seen.get(low[start:end], 0) - (own is not None) - count)
                    here = max(0, counts.get(category, 0) - less)
                    places.append((at, types[kind]))
                    rows.append((math.log((count + 0.5) / (other + 0.5)), math.log1p(count), math.log1p(here)))
        return np.array(places, dtype=np.int64).reshape(-1, 2), np.array(rows, dtype=np.float32).reshape(-1, FEATURES)

    def prior(self, category: str, types: Sequence[str], own: Spans | None) -> Floats:
        """Return the log-odds of a product of a category having a value of each type, shape (types,)."""
        mine = {kind for _, _, kind in own or ()}
        count, every = max(0, self.sizes.get(category, 0) - (own is not None)), max(1, self.sizes.get("", 1))
        out = []
        for kind in types:
            known = max(0, self.having.get(category, {}).get(kind, 0) - (kind in mine))
            share = (self.having.get("", {}).get(kind, 0) + 0.5) / (every + 1)
            chance = (known + SMOOTHING * share) / (count + SMOOTHING)
            out.append(math.log(chance / (1 - chance)))
        return np.array(out, dtype=np.float32)

    def apart(self, one: str, other: str) -> float:
        """Return the log-odds of values of two types not overlapping in a text that has both; 0 where they may."""
        first, second = sorted((one, other))
        every, meeting = (sum(sum(row.values()) for row in of.values()) for of in (self.together, self.overlapping))
        share = (meeting + 0.5) / (every + 1)
        both, met = (of.get(first, {}).get(second, 0) for of in (self.together, self.overlapping))
        chance = (met + SMOOTHING * share) / (both + SMOOTHING)
        return max(0.0, math.log((1 - chance) / chance))

    def plus(self, other: ValueCounts) -> ValueCounts:
        """Return the sums of these counts and those of further products."""
        return ValueCounts(*(summed(vars(self)[name], vars(other)[name]) for name in vars(self)))

    def state(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return dict(vars(self))


def summed(first: Any, second: Any) -> Any:
    """Return the sum of two counts, or of two dictionaries of counts by key."""
    if not isinstance(first, dict):
        return first + second
    both = {key: summed(value, second[key]) if key in second else value for key, value in first.items()}
    return both | {key: value for key, value in second.items() if key not in first}
