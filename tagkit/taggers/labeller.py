"""The base of the strategies that label characters: their types, and spans from the probabilities of labels."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.attribution import word_spans
from tagkit.errors import BadInput
from tagkit.explanation import Share
from tagkit.neural import TrainOptions, Window, bio
from tagkit.neural.gradients import TokenScore, mean_log_probability
from tagkit.neural.options import replayed
from tagkit.product import Product, Tags
from tagkit.taggers.explained import TokenExplained
from tagkit.text.present import lower

MOST_SHARES = 5
"""So many types are shown beside each other in an explanation."""
CHUNK = 2000
"""Products whose label probabilities are in memory at a time."""


class Place(NamedTuple):
    """Where a tag is present in a text (`start`, `end`), as which `type`, and the `score` of its labels."""

    start: int
    end: int
    type: str
    score: float


class More(NamedTuple):
    """What is trained on to learn more products.

    Attributes:
        products: Old products, drawn at random, and then the new ones.
        gold: Their gold spans.
        types: The types that were known, and new ones.
        unsure: Whether what is outside of a product's spans may belong to types that were not known in `fit`.
    """

    products: list[Product]
    gold: list[bio.Spans]
    types: list[str]
    unsure: list[bool]


class CharacterLabeller(TrainOptions, TokenExplained):
    """Base of the strategies that give each character a BIO label, so that `ensemble` can average them by characters.

    Subclasses call `_read_gold` in `_fit`, and return the probabilities of the labels in `_probabilities`.
    """

    needs_threshold = False
    gradient_unit = "mean log-probability of the labels of its characters"

    # Not annotated, and so no parameters.
    _net = cast(Any, None)
    late_ = cast("list[str]", [])

    @abstractmethod
    def _probabilities(self, products: Sequence[Product]) -> list[NDArray[np.float32]]:
        """Return the probabilities of the labels of all characters, for each product shape (characters, labels)."""

    def _read_gold(self, products: Sequence[Product]) -> list[bio.Spans]:
        """Return the gold spans of each training product, and store their types."""
        gold = list(map(bio.flat_gold, products))
        self.types_, self.late_ = sorted({kind for spans in gold for _, _, kind in spans}), []
        if not self.types_:
            raise BadInput(f"{self.name} learns from tags that are present in the text, and none is in train")
        return gold

    def _read_more(self, more: Sequence[Product], old: Sequence[Product] | None) -> More:
        """Return what to train on to learn more products: these and old ones drawn at random, with their gold spans.

        A span without a type gets the most probable of the known types; where no type is known, none is learned. Types
        that are new are stored as late ones: an old product that has no value of them may have been tagged when nobody
        looked for them.
        """
        products = [*((old or ())[row] for row in replayed(len(old or ()), len(more), self.seed)), *more]
        gold = list(map(bio.flat_gold, products))
        if self.types_ == [""]:
            gold = [[(start, end, "") for start, end, _ in spans] for spans in gold]
        elif "" not in self.types_:
            lacking = [row for row, spans in enumerate(gold) if any(not kind for *_, kind in spans)]
            labels = self.character_probabilities([products[row] for row in lacking])
            for row, found in zip(lacking, labels, strict=True):
                gold[row] = [(start, end, kind or self._type_of(found[start:end])) for start, end, kind in gold[row]]
        kinds = [{kind for *_, kind in spans} for spans in gold]
        types = sorted({*self.types_, *(kind for found in kinds for kind in found)})
        self.late_ = [*self.late_, *(kind for kind in types if kind not in set(self.types_))]
        late, count = set(self.late_), len(products) - len(more)
        unsure = [row < count and bool(late) and late.isdisjoint(found) for row, found in enumerate(kinds)]
        return More(products, gold, types, unsure)

    def _type_of(self, labels: NDArray[np.float32]) -> str:
        """Return the most probable type of characters that are one tag, by the probabilities of their labels."""
        return self.types_[int(_type_logs(labels).argmax())]

    @property
    def types(self) -> list[str]:
        """The types in the order of the labels."""
        self.check_fitted()
        return self.types_

    def character_probabilities(self, products: Sequence[Product]) -> Iterator[NDArray[np.float32]]:
        """Yield for each product the probabilities of the labels of its characters.

        Label 0 is outside, 1 + 2t begin and 2 + 2t inside of `types[t]`. Characters that are in no token are outside.

        Yields:
            Shape (characters of `Product.text`, labels).
        """
        for part in _chunks(products):
            yield from self._probabilities(part)

    def _spans(self, products: Sequence[Product]) -> list[list[bio.Scored]]:
        return bio.best_spans(self._probabilities(products), self.types_)

    def _tag(self, products: Sequence[Product]) -> Tags:
        out: Tags = []
        for part in _chunks(products):
            out += [bio.as_tags(p.text, spans, self.name) for p, spans in zip(part, self._spans(part), strict=True)]
        return out

    def _differentiable(self, product: Product) -> Iterator[tuple[Window, nn.Module, Callable[[Tensor], Tensor], int]]:
        """Yield the windows of a text with what is needed to derive their labels; nothing where there are no gradients.

        Yields:
            The window; the part of the network that turns ids into vectors; a function from ids, shape (rows, tokens),
            to the probabilities of labels, shape (rows, tokens, labels); and the id of the token that says nothing.
        """
        yield from ()

    def _places(self, product: Product, tag: str, labels: NDArray[np.float32]) -> list[Place]:
        """Return each place of a tag in a text with each type, the most probable first."""
        found = []
        for match in re.finditer(re.escape(lower(tag)), lower(product.text)) if tag else ():
            start, end = match.span()
            scores = np.exp(_type_logs(labels[start:end]) / (end - start)).tolist()
            found += [Place(start, end, kind, score) for kind, score in zip(self.types_, scores, strict=True)]
        return sorted(found, key=lambda place: (-place.score, place))

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        rows = zip(products, self.character_probabilities(products), strict=True)
        return [max((place.score for place in self._places(product, tag, row)), default=0.0) for product, row in rows]

    def _best_place(self, product: Product, tag: str) -> tuple[Place | None, NDArray[np.float32]]:
        labels = self._probabilities([product])[0]
        return next(iter(self._places(product, tag, labels)), None), labels

    def _token_scores(self, product: Product, tag: str) -> list[TokenScore]:
        place, _ = self._best_place(product, tag)
        if place is None:
            return []
        for window, embedding, probabilities, empty in self._differentiable(product):
            span = [(place.start, place.end, place.type)]
            inside = (window.starts >= 0) & (window.starts < place.end) & (window.ends > place.start)
            if inside.any():
                at = np.flatnonzero(inside)
                wanted = bio.token_labels(span, self.types_, window.starts, window.ends)[at]
                sizes = np.minimum(window.ends, place.end) - np.maximum(window.starts, place.start)
                counts = np.maximum(1, sizes)[at].astype(float)
                score = partial(_label_score, probabilities=probabilities, labels=wanted, at=at, counts=counts)
                return [TokenScore(self._net, embedding, score, window, empty)]
        return []

    def _shares(self, product: Product, tag: str) -> list[Share]:
        place, labels = self._best_place(product, tag)
        if place is None:
            return []
        here = [other for other in self._places(product, tag, labels) if other[:2] == place[:2]][:MOST_SHARES]
        outside = float(np.exp(np.log(np.maximum(labels[place.start : place.end, bio.OUTSIDE], 1e-12)).mean()))
        found = [Share(other.type or "a tag", other.score, "mean probability of its labels") for other in here]
        return [*found, Share("no tag", outside, "mean probability of being outside")]

    def _facts(self, product: Product, tag: str) -> dict[str, Any]:
        place, labels = self._best_place(product, tag)
        if place is None:
            return {"place": "none: the tag is not in the text, and this strategy gives only tags that are"}
        names = ["outside", *(f"{step} {kind}".strip() for kind in self.types_ for step in ("begin", "inside"))]
        spans = [(max(s.start, place.start), min(s.end, place.end)) for s in word_spans(product)]
        best = [
            f"{product.text[start:end]}: {names[labels[start].argmax()]} {labels[start].max():.2f}"
            for start, end in spans
            if start < end
        ]
        where = f"characters {place.start} to {place.end}" + (f", as {place.type}" if place.type else "")
        return {"place": where, "best labels": "; ".join(best)}


def _type_logs(labels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the log-probability that characters are one tag of each type, shape (types,)."""
    logs = np.log(np.maximum(labels, 1e-12))
    total: NDArray[np.float32] = logs[0, 1::2] + logs[1:, 2::2].sum(0)
    return total


def _label_score(ids: Tensor, probabilities: Callable[[Tensor], Tensor], **labels: Any) -> Tensor:
    """Return the mean log-probability of some labels where the network reads `ids`, shape (rows,)."""
    return mean_log_probability(probabilities(ids), **labels)


def _chunks(products: Sequence[Product]) -> Iterator[Sequence[Product]]:
    for first in range(0, len(products), CHUNK):
        yield products[first : first + CHUNK]
