"""Average of several strategies: label probabilities character by character, or scores tag by tag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.neural import bio
from tagkit.product import Product, Span, Tag, Tags
from tagkit.tagger import State, Tagger
from tagkit.taggers import _sub_taggers

LEVELS = ("auto", "characters", "tags")


class Ensemble(Tagger):
    """The weighted mean of its members.

    "characters" averages the label probabilities of `sequence` members on every character and then finds the best
    spans, so that members which cut texts differently still agree on places; "tags" averages the scores of equal tags,
    a tag that a member does not give counting 0 there, and a tag without a type counting for the likeliest tag of the
    same text that has one. For weights learnt by regression take `hybrid`.

    Args:
        members: Names of strategies, or [name, parameters] pairs.
        level: "characters", "tags", or "auto": characters where all members can.
        weights: One for each member; None: all alike.
        synonyms: Handed to the members that take synonyms.
        limit: How many tags to give at most (level "tags").
        seed: Handed to the members that have one and were not given theirs; None: each has its own.

    Source: Dietterich, Ensemble Methods in Machine Learning (MCS 2000); seeds of one network: Lakshminarayanan et al.,
    Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles (NeurIPS 2017).
    """

    name = "ensemble"

    members: Sequence[Any] = ("encoder", "semantic", "linear", "lexicon")
    level: str = "auto"
    weights: Sequence[float] | None = None
    synonyms: Any = None
    limit: int = 20
    seed: int | None = None

    @classmethod
    def of(cls, members: Sequence[Tagger], **params: Any) -> Self:
        """Return the average of strategies that are fitted already.

        Args:
            members: Fitted strategies.
            **params: The other keywords of `__init__`.

        Raises:
            NotFitted: One is not fitted.
        """
        made = cls(members=[[member.name, member.get_params()] for member in members], **params)
        for member in members:
            member.check_fitted()
        made._make()
        made._take(list(members))
        made.fitted_ = True
        return made

    @property
    def needs_threshold(self) -> bool:  # type: ignore[override]
        """Whether one of the sub-taggers does."""
        return any(member.needs_threshold for member in self._make())

    def _make(self) -> list[Tagger]:
        if self.level not in LEVELS:
            raise BadInput(f"ensemble: level is one of {', '.join(LEVELS)}, not {self.level!r}")
        made = _sub_taggers.make(self.members, self.name, synonyms=self.synonyms or None, seed=self.seed)
        weights = [1.0] * len(made) if self.weights is None else self.weights
        if len(weights) != len(made) or min(weights) < 0 or not sum(weights) > 0:
            raise BadInput(f"ensemble: it needs a weight of 0 or more for each of {len(made)} members, not {weights!r}")
        return made

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self._take(self._make())
        for member in self.members_:
            member.fit(train, dev=dev, cache=cache)

    def _take(self, members: list[Tagger]) -> None:
        able = all(hasattr(member, "character_probabilities") for member in members)
        if self.level == "characters" and not able:
            raise BadInput("ensemble: only strategies that label characters (sequence) can be averaged by characters")
        self.members_ = members
        self.by_characters_ = able and self.level != "tags"

    @property
    def _shares(self) -> NDArray[np.float64]:
        weights = np.ones(len(self.members_)) if self.weights is None else np.asarray(self.weights, dtype=float)
        return weights / weights.sum()

    def _tag(self, products: Sequence[Product]) -> Tags:
        if not self.by_characters_:
            lists = zip(*(member.predict(products) for member in self.members_), strict=True)
            return [self._average(rows) for rows in lists]
        types = sorted({kind for member in self.members_ for kind in member.types})  # type: ignore[attr-defined]
        found = zip(products, bio.best_spans(list(self._characters(products, types)), types), strict=True)
        return [bio.as_tags(product.text, spans, self.name) for product, spans in found]

    def _characters(self, products: Sequence[Product], types: list[str]) -> Iterator[NDArray[np.float32]]:
        """Yield the mean label probabilities of each product, shape (characters, labels)."""
        members: list[Any] = self.members_
        columns = [[0, *(1 + 2 * types.index(t) + n for t in member.types for n in (0, 1))] for member in members]
        for rows in zip(*(member.character_probabilities(products) for member in members), strict=True):
            out = np.zeros((len(rows[0]), 1 + 2 * len(types)), dtype=np.float32)
            for row, column, share in zip(rows, columns, self._shares, strict=True):
                out[:, column] += np.float32(share) * row
            yield out

    def _average(self, lists: Sequence[Sequence[Tag]]) -> list[Tag]:
        """Return the tags of all members with their mean scores."""
        scores: dict[tuple[str, str], float] = {}
        spans: dict[tuple[str, str], tuple[Span, ...]] = {}
        for row, share in zip(lists, self._shares, strict=True):
            for tag in row:
                key = tag.text, tag.type
                scores[key] = scores.get(key, 0.0) + float(share) * tag.score
                spans[key] = spans.get(key) or tag.spans
        for text, kind in [key for key in scores if not key[1]]:
            typed = [key for key in scores if key[0] == text and key[1]]
            if typed:  # what a member without types gave speaks for the likeliest type that another gave
                best_of = max(typed, key=lambda key: (scores[key], key))
                scores[best_of] += scores.pop((text, kind))
                spans[best_of] = spans[best_of] or spans[text, kind]
        best = sorted(scores, key=lambda key: (-round(scores[key], 6), key))[: self.limit]
        return [Tag(key[0], min(1.0, round(scores[key], 6)), self.name, spans[key], key[1]) for key in best]

    def n_truncated_chars(self, products: Any) -> list[int]:
        """Return for each product the characters that no member reads."""
        return [
            min(parts) for parts in zip(*(member.n_truncated_chars(products) for member in self.members_), strict=True)
        ]

    def _state(self) -> State:
        return {"by_characters": self.by_characters_} | _sub_taggers.state_of(self.members_)

    def _restore(self, state: State) -> None:
        self.by_characters_ = bool(state["by_characters"])
        self.members_ = _sub_taggers.restore(state)
