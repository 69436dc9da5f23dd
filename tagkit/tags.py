"""Tags, which come out, and the rules that texts, lists and spans keep wherever they come from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Self

from tagkit import cards
from tagkit.errors import BadInput

LONGEST = 200
"""The longest message about a wrong value, in characters."""
GOLD, GOLD_OR_NONE, NONE_OR_GOLD = "gold", "gold or none", "none or gold"
"""The sources of annotations. The second says that no value is right as well, the third that the data name this first:
published scorers differ there (see `attribute-F1`)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of a product's text: characters `start` to `end` (exclusive) of `Product.text`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse what is not a pair of positions."""
        if not (type(self.start) is type(self.end) is int and 0 <= self.start <= self.end):
            raise BadInput(f"a span is two whole numbers, 0 <= start <= end, not {self.start!r} and {self.end!r}")

    @classmethod
    def of(cls, value: Any) -> Self:
        """Return the span that a pair of positions, or a mapping with `start` and `end`, describes."""
        try:
            start, end = (value["start"], value["end"]) if isinstance(value, Mapping) else value
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"a span is a pair [start, end], not {value!r}"[:LONGEST]) from error
        return cls(start, end)


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag of one product.

    Attributes:
        text: The tag itself, for example 高跟鞋.
        score: How sure the strategy is, from 0 to 1.
        source: The name of the strategy that gave it ("gold" for an annotation; "gold or none" and "none or gold" where
            no value is right as well).
        spans: Where it stands in `Product.text`; empty when the tag was inferred.
        type: What kind of tag it is (an attribute or entity name), "" where the strategy has no types.
    """

    text: str
    score: float = 1.0
    source: str = ""
    spans: tuple[Span, ...] = ()
    type: str = ""

    def __post_init__(self) -> None:
        """Refuse a blank text, a score outside [0, 1], and what is not text or a span."""
        check_text("the text of a tag", self.text)
        check_text("the source of a tag", self.source)
        check_text("the type of a tag", self.type)
        if not self.text.strip():
            raise BadInput("a tag needs a text")
        if not (isinstance(self.score, Real) and 0.0 <= self.score <= 1.0):
            raise BadInput(f"the score of tag {self.text!r} is {self.score!r}, which is not between 0 and 1")
        if not (isinstance(self.spans, tuple) and all(isinstance(span, Span) for span in self.spans)):
            raise BadInput(f"the spans of tag {self.text!r} must be a tuple of spans, not {self.spans!r}"[:LONGEST])

    def __repr__(self) -> str:
        """Return the text, the score and the type, without source and spans."""
        kind = f", type={self.type!r}" if self.type else ""
        return f"Tag({self.text!r}, {float(self.score):.3g}{kind})"

    def _repr_html_(self) -> str:
        """Return the tag as a chip for notebooks."""
        return cards.scored([(self.text, self.score, self.type)])

    def to_dict(self) -> dict[str, Any]:
        """Return the tag as plain JSON values."""
        out: dict[str, Any] = {"text": self.text, "score": self.score, "source": self.source}
        if self.type:
            out["type"] = self.type
        if self.spans:
            out["spans"] = [[s.start, s.end] for s in self.spans]
        return out

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Self:
        """Build a tag from what `to_dict` or `dataclasses.asdict` gave.

        Raises:
            BadInput: It is not a mapping with a `text`, or one of its values is wrong.
        """
        if not isinstance(row, Mapping) or "text" not in row:
            raise BadInput(f"a tag is a mapping with a `text`, not {row!r}"[:LONGEST])
        spans = tuple(map(Span.of, listed("the spans of a tag", row.get("spans", ()))))
        return cls(row["text"], row.get("score", 1.0), row.get("source", ""), spans, row.get("type", ""))


Tags = list[list[Tag]]
"""What a tagger returns: for each product a ranked list of tags."""


def check_text(what: str, value: Any) -> None:
    """Raise `BadInput` unless a value is a text that can be written as UTF-8."""
    if not isinstance(value, str):
        raise BadInput(f"{what} must be text, not {value!r}"[:LONGEST])
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            why = "a lone surrogate: half of a cut emoji, or a byte that is not text in this encoding"
            raise BadInput(f"{what} is not valid Unicode, since its character {error.start} is {why}") from error


def is_missing(value: Any) -> bool:
    """Say whether a value is None or NaN, of any library."""
    is_nan = isinstance(value, Real) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def whole(value: Any) -> int | None:
    """Return a whole number, 1.0 included, as an int; None for any other value."""
    is_whole = isinstance(value, Real) and not isinstance(value, bool) and value % 1 == 0
    return int(value) if is_whole else None


def listed(what: str, value: Any) -> Iterable[Any]:
    """Return a value that is a list, tuple, set or array of values."""
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise BadInput(f"{what} must be a list, not {value!r}"[:LONGEST])
    return value


def most_frequent_types(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the most frequent type of each text, of equally frequent ones the first, from pairs of text and type."""
    types: dict[str, Counter[str]] = defaultdict(Counter)
    for text, kind in pairs:
        types[text][kind] += 1
    return {text: counts.most_common(1)[0][0] for text, counts in types.items()}
