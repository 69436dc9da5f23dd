"""Ensemble: the mean of several strategies, of label probabilities character by character or of scores tag by tag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.explanation import Explanation, Share
from tagkit.neural import bio
from tagkit.product import Product, Span, Tag, Tags
from tagkit.tagger import State, Tagger
from tagkit.taggers.sub_taggers import CombinedTagger, specification


class LabelsCharacters(Protocol):
    """A strategy that gives each character of a text the probabilities of BIO labels."""

    types: list[str]

    def character_probabilities(self, products: Sequence[Product]) -> Any:
        """Return for each product an array of shape (characters, 1 + 2 * types)."""
        ...


class Ensemble(CombinedTagger):
    """Weighted mean of several strategies, character by character or tag by tag.

    "characters" averages the label probabilities of sequence labellers on every character and then finds the best
    spans, so that sub-taggers which split texts into different tokens can be combined. "tags" averages the scores of
    equal tags. A tag that a sub-tagger does not give has score 0 there, and a tag without a type counts for the most
    probable tag of the same text that has one. For a weighting that is fitted on dev use `hybrid`.

    Args:
        level: "characters", "tags", or "auto": characters where all sub-taggers label characters.
        weights: One for each sub-tagger; None: equal weights.
        seed: Passed on to the sub-taggers that have a seed and were not given their own; None: not passed on.
        limit: How many tags to return at most (level "tags").

    Source: Dietterich, Ensemble Methods in Machine Learning (MCS 2000); seeds of one network: Lakshminarayanan et al.,
    Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles (NeurIPS 2017).
    """

    name = "ensemble"

    taggers: Sequence[str | Sequence[Any]] = ("encoder", "semantic", "linear", "lexicon")
    level: Literal["auto", "characters", "tags"] = "auto"
    weights: Sequence[float] | None = None
    seed: int | None = None

    @classmethod
    def from_fitted(cls, taggers: Sequence[Tagger], **params: Any) -> Self:
        """Return the ensemble of strategies that are already fitted.

        Args:
            taggers: Fitted strategies.
            **params: Other parameters of the strategy.

        Raises:
            NotFitted: One of the strategies is not fitted.
            BadInput: The parameters do not suit these strategies.
        """
        ensemble = cls(taggers=specification(taggers), **params)
        ensemble._use(taggers)
        ensemble._choose_level()
        return ensemble

    @property
    def needs_threshold(self) -> bool:  # type: ignore[override]
        """Whether one of the sub-taggers does."""
        return any(tagger.needs_threshold for tagger in getattr(self, "taggers_", None) or self._create())

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self.taggers_ = self._create(seed=self.seed)
        self._choose_level()
        for tagger in self.taggers_:
            tagger.fit(train, dev=dev, cache=cache)

    def _choose_level(self) -> None:
        """Check the parameters and decide what is averaged."""
        count, weights = len(self.taggers_), self.weights
        if weights is not None and (len(weights) != count or min(weights) < 0 or not sum(weights) > 0):
            raise BadInput(f"ensemble needs a weight of 0 or more for each of {count} sub-taggers, not {weights!r}")
        able = all(map(labels_characters, self.taggers_))
        if self.level == "characters" and not able:
            raise BadInput("ensemble: only strategies that label characters can be averaged by characters")
        self.by_characters_ = able and self.level != "tags"

    @property
    def _shares(self) -> NDArray[np.float64]:
        """The weights, with the sum 1."""
        weights = np.ones(len(self.taggers_)) if self.weights is None else np.asarray(self.weights, dtype=float)
        return weights / weights.sum()

    def _tag(self, products: Sequence[Product]) -> Tags:
        if self.by_characters_:
            return self._tag_by_characters(products)
        lists = zip(*(tagger.predict(products) for tagger in self.taggers_), strict=True)
        return [self._mean_tags(rows) for rows in lists]

    @property
    def types(self) -> list[str]:
        """The types of the label probabilities, in their order."""
        return sorted({kind for tagger in cast(list[LabelsCharacters], self.taggers_) for kind in tagger.types})

    def _tag_by_characters(self, products: Sequence[Product]) -> Tags:
        found = zip(products, bio.best_spans(list(self.character_probabilities(products)), self.types), strict=True)
        return [bio.as_tags(product.text, spans, self.name) for product, spans in found]

    def character_probabilities(self, products: Sequence[Product]) -> Iterator[NDArray[np.float32]]:
        """Yield the mean label probabilities of each product, shape (characters, 1 + 2 * types); by characters only."""
        taggers, types = cast(list[LabelsCharacters], self.taggers_), self.types
        columns = [[0, *(1 + 2 * types.index(t) + n for t in tagger.types for n in (0, 1))] for tagger in taggers]
        for rows in zip(*(tagger.character_probabilities(products) for tagger in taggers), strict=True):
            mean = np.zeros((len(rows[0]), 1 + 2 * len(types)), dtype=np.float32)
            for row, column, share in zip(rows, columns, self._shares, strict=True):
                mean[:, column] += np.float32(share) * row
            yield mean

    def _mean_tags(self, lists: Sequence[Sequence[Tag]]) -> list[Tag]:
        """Return the tags of all sub-taggers with their mean scores."""
        scores: dict[tuple[str, str], float] = {}
        spans: dict[tuple[str, str], tuple[Span, ...]] = {}
        for row, share in zip(lists, self._shares, strict=True):
            for tag in row:
                key = tag.text, tag.type
                scores[key] = scores.get(key, 0.0) + float(share) * tag.score
                spans[key] = spans.get(key) or tag.spans
        for untyped in [key for key in scores if not key[1]]:
            typed = [key for key in scores if key[0] == untyped[0] and key[1]]
            if typed:
                best = max(typed, key=lambda key: (scores[key], key))
                scores[best] += scores.pop(untyped)
                spans[best] = spans[best] or spans[untyped]
        scores = {key: round(score, 6) for key, score in scores.items()}
        order = sorted(scores, key=lambda key: (-scores[key], key))[: self.limit]
        return [Tag(text, min(1.0, scores[text, kind]), self.name, spans[text, kind], kind) for text, kind in order]

    def _explain(self, product: Product, tag: str) -> Explanation:
        if self.by_characters_:
            return super()._explain(product, tag)
        own = [
            float(share) * max((one.score for one in tagger.predict([product])[0] if one.text == tag), default=0.0)
            for tagger, share in zip(self.taggers_, self._shares, strict=True)
        ]
        shares = tuple(Share(tagger.name, value) for tagger, value in zip(self.taggers_, own, strict=True))
        facts = {"shares": "add up to the score", "weights": "the words of each sub-tagger, in proportion to its share"}
        words = self._words(product, tag, own)
        score = min(1.0, sum(own))
        return Explanation(product.text, tag, score, False, self.name, "sub-taggers", words, shares, facts=facts)

    def _state(self) -> State:
        return super()._state() | {"by_characters": self.by_characters_}

    def _restore(self, state: State) -> None:
        super()._restore(state)
        self.by_characters_ = bool(state["by_characters"])


def labels_characters(tagger: Tagger) -> bool:
    """Say whether a strategy, fitted or not, gives each character the probabilities of labels (`LabelsCharacters`)."""
    if isinstance(tagger, Ensemble):
        parts = getattr(tagger, "taggers_", None) or tagger._create()
        return tagger.level != "tags" and all(map(labels_characters, parts))
    return hasattr(tagger, "character_probabilities")
