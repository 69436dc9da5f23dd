"""What train's values say of a text before any network reads it: how likely each token has each label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tagkit.neural.bio import Spans
from tagkit.neural.spans import summed
from tagkit.neural.tokens import Window
from tagkit.product import Product
from tagkit.text.phrases import PhraseMatcher
from tagkit.text.present import lower

PRIOR_WEIGHT = 2.0
"""How likely a phrase is a value is smoothed by so many further occurrences, of which as many are right as of all."""
SMOOTHING = 0.5
"""Each label counts so much more often than it occurs."""
Mark = tuple[int, int, dict[str, float]]
"""Start and end of a phrase, and how likely it is a value of each type."""


@dataclass
class ValueHints:
    """Counts of train's values, which are found as `dictionary` finds them: the longest phrase from the left.

    A text of train is held out when it is read: its own values count once less, and what no other text has as a value
    is not looked for.

    Attributes:
        values: By the text in lower case, then by type: in how many texts it is a value; in none if it is a tag of
            products whose texts do not hold it.
        seen: By the text: in how many products it is found.
        found: How often something was found in a text that was held out.
        right: How often that was a value there.
        begins: By type: how many of the other characters of these texts begin a value.
        insides: By type: how many are inside of one.
        outside: How many are in none.
    """

    values: dict[str, dict[str, int]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    found: int = 0
    right: int = 0
    begins: dict[str, int] = field(default_factory=dict)
    insides: dict[str, int] = field(default_factory=dict)
    outside: int = 0

    @classmethod
    def count(cls, products: Sequence[Product], gold: Sequence[Spans], types: Collection[str]) -> Self:
        """Count the values of products with these spans; the type of a value that has none of the types is ""."""
        made = cls()
        gold = [[(start, end, kind if kind in types else "") for start, end, kind in spans] for spans in gold]
        for product, spans in zip(products, gold, strict=True):
            for key, kind in _values(product.text, spans):
                counts = made.values.setdefault(key, {})
                counts[kind] = counts.get(kind, 0) + 1
            for tag in product.tags if not product.annotations else ():
                made.values.setdefault(lower(tag), {}).setdefault("", 0)
        found = ({key for _, _, key in made._find(product.text)} for product in products)
        made.seen = dict(Counter(key for keys in found for key in keys))
        for product, spans in zip(products, gold, strict=True):
            made._count_held_out(product.text, spans)
        return made

    def _count_held_out(self, text: str, spans: Spans) -> None:
        marks = self.marks(text, spans)
        values = {(start, end) for start, end, _ in spans}
        self.found += len(marks)
        self.right += sum((start, end) in values for start, end, _ in marks)
        free = np.ones(len(text), dtype=bool)
        for start, end, _ in marks:
            free[start:end] = False
        for start, end, kind in spans:
            self.begins[kind] = self.begins.get(kind, 0) + int(free[start])
            self.insides[kind] = self.insides.get(kind, 0) + int(free[start + 1 : end].sum())
            free[start:end] = False
        self.outside += int(free.sum())

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
            own: The gold spans of a text of train, which is held out; None: it is none of train.
        """
        mine = _values(text, own or [])
        others = {key: Counter(self.values.get(key, {})) for key, _ in mine}
        for key, kind in mine:
            others[key] -= Counter([kind])
        usual = (self.right + SMOOTHING) / (self.found + 2 * SMOOTHING)
        out = []
        for start, end, key in self._find(text, [key for key, counts in others.items() if not counts]):
            counts = others.get(key, self.values[key])
            right = sum(counts.values())
            seen = max(right, self.seen.get(key, 0) - (own is not None))
            chance = (right + PRIOR_WEIGHT * usual) / (seen + PRIOR_WEIGHT)
            shares = {kind: (count + SMOOTHING) / (right + SMOOTHING * len(counts)) for kind, count in counts.items()}
            out.append((start, end, {kind: chance * share for kind, share in shares.items()}))
        return out

    def plus(self, other: ValueHints) -> ValueHints:
        """Return the sums of these counts and those of further products."""
        return ValueHints(**{name: summed(value, vars(other)[name]) for name, value in self.state().items()})

    def state(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return asdict(self)

    def of_tokens(
        self, text: str, window: Window, types: Sequence[str], own: Spans | None = None
    ) -> NDArray[np.float32]:
        """Return the log-probabilities of the labels of a window's tokens, shape (tokens, 1 + 2 * types).

        Those of a token without characters are 0.

        Args:
            text: The text.
            window: One of its windows.
            types: The types in the order of the labels.
            own: See `marks`.
        """
        counts = [self.outside, *(of.get(kind, 0) for kind in types for of in (self.begins, self.insides))]
        usual = (np.array(counts) + SMOOTHING) / (sum(counts) + SMOOTHING * len(counts))
        chances = np.ones((len(window), len(usual)))
        chances[window.starts >= 0] = usual
        for start, end, by_type in self.marks(text, own):
            inside = np.flatnonzero((window.starts >= 0) & (window.starts < end) & (window.ends > start))
            known = {1 + 2 * types.index(kind): chance for kind, chance in by_type.items() if kind in types}
            chances[inside] = (1 - sum(known.values())) * usual
            for label, chance in known.items():
                chances[inside, label + 1] += chance
                if len(inside) and window.starts[inside[0]] <= start:
                    chances[inside[0], label + 1] -= chance
                    chances[inside[0], label] += chance
        return np.log(chances).astype(np.float32)


def _values(text: str, spans: Spans) -> set[tuple[str, str]]:
    """Return the distinct values of spans in lower case, with their types."""
    return {(lower(text[start:end]), kind) for start, end, kind in spans}
