"""What an explanation is: why a product has a tag, or why not; it shows itself in a notebook and in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tagkit import explanation_view as view
from tagkit.console import Line
from tagkit.errors import BadInput


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of the product's text, usually a word, and how much it counts.

    Attributes:
        text: The stretch as it is written.
        start: Its first character in `Product.text`.
        end: The position after its last character.
        weight: How much it speaks for the tag; negative: against it. The unit is that of the method, which
            `Explanation.facts` tells.
    """

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Share:
    """What one source contributes to the score.

    Attributes:
        name: The source: a sub-tagger, the neighbours, a part of a formula.
        value: What it adds; negative: what it takes away.
        note: A few words on it; may be empty.
    """

    name: str
    value: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training product that is similar to the explained one.

    Attributes:
        title: Its title.
        tags: Its tags.
        similarity: How similar it is, in the measure of the strategy.
        has_tag: Whether it has the explained tag.
    """

    title: str
    tags: tuple[str, ...]
    similarity: float
    has_tag: bool


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A photo, and how much its parts count.

    Attributes:
        address: A small copy of the photo as a data address.
        weights: Rows of equal cells, from top to bottom and left to right: by how much the score falls where the cell
            is hidden; negative: by how much it rises.
    """

    address: str
    weights: tuple[tuple[float, ...], ...]

    def strongest(self) -> tuple[float, float, float]:
        """Return the largest weight with the middle of its cell, in shares of the photo's width and height."""
        cells = ((abs(weight), x, y) for y, row in enumerate(self.weights) for x, weight in enumerate(row))
        _, x, y = max(cells, key=lambda cell: cell[0])
        return self.weights[y][x], (x + 0.5) / len(self.weights[y]), (y + 0.5) / len(self.weights)


@dataclass(frozen=True)
class Explanation:
    """Why a product has a tag, or why not.

    Attributes:
        text: The text of the product, in which the spans of `words` count.
        tag: The tag.
        score: The score of the tag, from 0 to 1.
        given: Whether the product gets the tag.
        strategy: The name of the strategy.
        method: How the words' weights were found: "occlusion", "weights", "entry", ...; "" without words.
        words: The words for and against, in the order of the text, without overlaps; words that do not count may be
            absent.
        shares: What each source contributes.
        neighbours: The closest training products, the nearest first.
        facts: Further values by name, for example the threshold.
        photo: Which parts of the photo count, for a strategy that looks at photos; None without.

    Raises:
        BadInput: The words overlap, are not in order, or their spans do not give their texts.
    """

    text: str
    tag: str
    score: float
    given: bool
    strategy: str
    method: str = ""
    words: tuple[Word, ...] = ()
    shares: tuple[Share, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    photo: HeatMap | None = None

    def __post_init__(self) -> None:
        """Check the words, and freeze the lists."""
        for name in ("words", "shares", "neighbours"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        at = 0
        for word in self.words:
            if not (at <= word.start <= word.end and self.text[word.start : word.end] == word.text):
                where = f"characters {word.start} to {word.end}"
                raise BadInput(f"`words`: {word.text!r} is not at {where} of the text, or not behind the word before")
            at = word.end

    def with_facts(self, **facts: Any) -> Explanation:
        """Return a copy with further facts; `_` in a name is shown as a blank."""
        return replace(self, facts={**self.facts, **{name.replace("_", " "): value for name, value in facts.items()}})

    def strongest(self, count: int = 10) -> list[Word]:
        """Return the words that count most, for or against, the strongest first."""
        return sorted((word for word in self.words if word.weight), key=lambda word: -abs(word.weight))[:count]

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain JSON values."""
        return asdict(self) | {"facts": dict(self.facts)}

    def lines(self) -> list[Line]:
        """Return the explanation as styled lines for `tagkit.console.echo_lines`."""
        return view.lines(self)

    def to_ansi(self) -> str:
        """Return the explanation as text with colours and underlines for a terminal.

        Control characters of the product's text are written as their numbers.
        """
        return view.ansi(self.lines())

    def __str__(self) -> str:
        """Return the explanation as text without colours."""
        return "\n".join("".join(text for text, _ in line).rstrip() for line in self.lines())

    def __repr__(self) -> str:
        """Return tag, score and the strongest words on one line."""
        words = ", ".join(f"{word.text} {word.weight:+.2g}" for word in self.strongest(3))
        state = "given" if self.given else "not given"
        return f"Explanation({self.tag!r}, {self.score:.3g}, {state} by {self.strategy}{words and f': {words}'})"

    def _repr_html_(self) -> str:
        """Return the explanation as a card for notebooks."""
        return view.card(self)


def words_at(text: str, weights: Iterable[tuple[int, int, float]]) -> tuple[Word, ...]:
    """Return words in the order of the text from (start, end, weight) triples, which do not overlap."""
    return tuple(Word(text[start:end], start, end, float(weight)) for start, end, weight in sorted(weights))
