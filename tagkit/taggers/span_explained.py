"""What `span` says of a tag: its best place and type, what its score is the sum of, and why it is not given."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tagkit.explanation import Share
from tagkit.neural.gradients import Piece, TokenScore
from tagkit.neural.span_scorer import Example, SpanScorer
from tagkit.product import Product
from tagkit.taggers.explained import TokenExplained
from tagkit.taggers.span_choice import Choice, Found, Verdict, best_of, best_values, verdict
from tagkit.text.present import lower

MOST_TYPES, LEAST = 5, 0.005
"""So many other types are named in an explanation, and if there are several, only those with such a score."""
CHUNK = 500
"""Products whose candidates are in memory at a time."""
Rules = tuple[Mapping[str, bool], Callable[[str, str], float]]
"""Whether types have several values in a text, and by how much a score is lowered where values of two types overlap."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A candidate that reads as a tag, as a value of one type.

    Attributes:
        found: Its place, type and score, before types compete for the text.
        example: The window that holds it.
        at: Its number among the candidates of the window.
        verdict: What becomes of it beside the best values of the text.
        chance: Its score, from 0 to 1.
    """

    found: Found
    example: Example
    at: int
    verdict: Verdict
    chance: float


class SpanExplained(TokenExplained):
    """Base of the strategy that scores spans: the best values of a text, and the explanation of a tag.

    The log-odds of a value are the sum of its shares: what the network, the values of train and the frequency of the
    type say, what overlapping a better value of another type costs, and constants.
    """

    # Not annotated, and so no parameters.
    gradient_unit = "log-odds of the value"
    types_ = cast("list[str]", [])
    _net = cast(SpanScorer, None)
    _choice = Choice()

    @abstractmethod
    def _scored(self, products: Sequence[Product]) -> Iterator[tuple[Example, NDArray[np.float32]]]:
        """Yield the windows of the texts with the scores of their candidates, shape (spans, types)."""

    @abstractmethod
    def _rules(self) -> Rules:
        """Return by which rules values exclude each other."""

    @abstractmethod
    def _asked(self, product: Product) -> set[str]:
        """Return the only types that a product may get; empty: all."""

    def _best(self, products: Sequence[Product]) -> list[list[Found]]:
        """Return the best spans of each text for each type, whatever their scores."""
        found: list[list[Found]] = [[] for _ in products]
        for one, scores in self._scored(products):
            found[one.window.row] += best_of(scores, one.found.starts, one.found.ends, self.types_)
        rules = self._rules()
        return [best_values(row, *rules) for row in found]

    def _spots(self, products: Sequence[Product], tag: str) -> list[list[Spot]]:
        """Return the candidates of each text that read as a tag, for each type, those that are given first."""
        found: list[list[Found]] = [[] for _ in products]
        places: list[dict[tuple[int, int, str], tuple[Found, Example, int]]] = [{} for _ in products]
        key, rules = lower(tag).strip(), self._rules()
        for one, scores in self._scored(products):
            row, text = one.window.row, lower(products[one.window.row].text)
            found[row] += best_of(scores, one.found.starts, one.found.ends, self.types_)
            for at, (start, end) in enumerate(zip(one.found.starts.tolist(), one.found.ends.tolist(), strict=True)):
                if text[start:end].strip() != key:
                    continue
                for kind, score in zip(self.types_, scores[at].tolist(), strict=True):
                    known = places[row].get((start, end, kind))
                    if known is None or score > known[0].score:  # windows overlap
                        places[row][start, end, kind] = Found(start, end, kind, score), one, at
        return [
            self._judged(list(here.values()), best_values(row, *rules), rules, self._asked(product))
            for product, row, here in zip(products, found, places, strict=True)
        ]

    def _judged(
        self, places: list[tuple[Found, Example, int]], kept: Sequence[Found], rules: Rules, asked: set[str]
    ) -> list[Spot]:
        spots = []
        for one, example, at in places:
            if asked and one.type not in asked:
                continue
            said = verdict(one, kept, *rules)
            chance = self._choice.probability(one._replace(score=one.score - said.lowered), said.is_further)
            spots.append(Spot(one, example, at, said, chance))
        return sorted(spots, key=lambda spot: (not self._is_given(spot), -spot.chance, spot.found[:3]))

    def _is_given(self, spot: Spot) -> bool:
        return spot.verdict.lost_to is None and spot.chance >= self._choice.threshold

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        out: list[float] = []
        for first in range(0, len(products), CHUNK):
            rows = self._spots(products[first : first + CHUNK], tag)
            out += [round(row[0].chance, 6) if row else 0.0 for row in rows]
        return out

    def _best_spot(self, product: Product, tag: str) -> Spot | None:
        return next(iter(self._spots([product], tag)[0]), None)

    def _token_scores(self, product: Product, tag: str) -> list[TokenScore]:
        spot = self._best_spot(product, tag)
        if spot is None:
            return []
        found, backbone = spot.example.found, self._net.backbone
        first, last = int(found.first[spot.at]), int(found.last[spot.at])
        score = partial(self._log_odds, first=first, last=last, kind=self.types_.index(spot.found.type))
        embedding = backbone.model.get_input_embeddings()
        return [TokenScore(self._net, embedding, score, spot.example.window, backbone.padding)]

    def _log_odds(self, ids: Tensor, first: int, last: int, kind: int) -> Tensor:
        """Return what the network adds to the log-odds of a value where it reads `ids`, shape (rows,)."""
        return self._choice.scale * self._net.text_score(ids, first, last, kind)

    def _parts(self, spot: Spot) -> tuple[float, float, float]:
        """Return what the values of train, the frequency of the type, and a constant add to the log-odds."""
        kind = self.types_.index(spot.found.type)
        known, prior = self._net.known_score(spot.example, spot.at, kind)
        constant = self._choice.scale * self._net.bias[kind].item() + self._choice.shift
        constant += self._choice.shifts.get(spot.found.type, 0.0)
        return self._choice.scale * known, self._choice.scale * prior, constant

    def _other_pieces(self, product: Product, tag: str) -> list[Piece]:
        spot = self._best_spot(product, tag)
        return [(spot.found.start, spot.found.end, self._parts(spot)[0])] if spot else []

    def _shares(self, product: Product, tag: str) -> list[Share]:
        spot = self._best_spot(product, tag)
        if spot is None:
            return []
        known, prior, constant = self._parts(spot)
        kind, said = _name(spot.found.type), spot.verdict
        network = self._choice.scale * (spot.found.score - self._net.bias[self.types_.index(spot.found.type)].item())
        where = f"how often products of {product.category} have {kind}" if product.category else f"how often {kind} is"
        shares = [
            Share("network", network - known - prior, "the fine-tuned encoder"),
            Share("values of train", known, f"how often train has the text as {kind}, and how often as no value"),
            Share("frequency of the type", prior, where),
        ]
        if said.by:
            better = (
                f"{product.text[said.by.start : said.by.end]}, a better value of {_name(said.by.type)}, overlaps it"
            )
            shares.append(Share("overlap", -self._choice.scale * said.lowered, better))
        if said.is_further:
            shares.append(Share("further value", self._choice.further, f"a better value of {kind} is in the text"))
        return [*shares, Share("constant", constant, f"the same for every value of {kind}")]

    def _facts(self, product: Product, tag: str) -> dict[str, Any]:
        spots = self._spots([product], tag)[0]
        if not spots:
            return {"place": self._why_no_place(product, tag)}
        spot = spots[0]
        start, end, kind, _ = spot.found
        others = sorted((one for one in spots[1:] if one.found[:2] == (start, end)), key=lambda one: -one.chance)
        facts = {"place": f"characters {start} to {end}" + (f", as {kind}" if kind else "")}
        if others:
            named = [one for one in others[:MOST_TYPES] if one.chance >= LEAST] or others[:1]
            facts["other types"] = "; ".join(f"{_name(one.found.type)} {one.chance:.2f}" for one in named)
        facts["threshold of the strategy"] = f"{self._choice.threshold:.3f}"
        if (lost := spot.verdict.lost_to) is not None:
            overlaps = lost.start < end and start < lost.end
            why = "which overlaps it" if overlaps else f"and a text has one value of {_name(kind)}"
            facts["why not"] = f"{product.text[lost.start : lost.end]} is the better value of {_name(kind)}, {why}."
        elif not self._is_given(spot):
            least = f"the threshold {self._choice.threshold:.3f}, chosen for F1"
            facts["why not"] = f"Its score {spot.chance:.3f} is below {least}."
        return facts

    def _why_no_place(self, product: Product, tag: str) -> str:
        if lower(tag).strip() not in lower(product.text):
            return "none: the tag is not in the text, and this strategy gives only tags that are"
        if (asked := self._asked(product)) and not asked & set(self.types_):
            return "none: the product asks for attributes, and this strategy gives those alone (only_asked)"
        return "none: the tag is in the text, but longer than the values of train, or not made of whole words"


def _name(kind: str) -> str:
    """Return how a type is called in an explanation."""
    return kind or "a tag"
