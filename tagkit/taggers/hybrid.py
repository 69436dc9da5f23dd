"""Hybrid: one ranked list from several strategies, by logistic regression or by reciprocal ranks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from tagkit.cache import FitCache
from tagkit.creation import create
from tagkit.errors import BadInput
from tagkit.explanation import Explanation, Share
from tagkit.features import CleaningOptions
from tagkit.parameters import NonNegativeFloat
from tagkit.product import Product, Tag, Tags
from tagkit.tagger import Space, State, Tagger
from tagkit.taggers.sub_taggers import CombinedTagger, specification
from tagkit.text.present import is_present

Method = Literal["regression", "rrf"]
HELD_OUT = 5
"""Without dev, every fifth training product is held out to fit the fusion on."""


class Hybrid(CleaningOptions, CombinedTagger):
    """Fusion of several strategies by logistic regression or by reciprocal ranks.

    "rrf" (reciprocal rank fusion) adds 1 / (c + rank) over the sub-taggers and divides by the highest possible sum.
    "regression" fits one logistic regression on dev, so that a score is a probability; its features are the scores and
    ranks that the sub-taggers give a candidate, whether the candidate is present in the text, and how frequent it is in
    train. Without dev, a fifth of train is held out to fit the regression on, and the sub-taggers are then fitted again
    on all of train. It learns more products by its sub-taggers; the regression is fitted again where there is dev, and
    stays as it is without.

    Args:
        method: "regression" or "rrf".
        c: The constant of reciprocal rank fusion.

    Source: Cormack, Clarke and Büttcher, Reciprocal rank fusion outperforms Condorcet and individual rank learning
    methods (SIGIR 2009).
    """

    name = "hybrid"
    space: ClassVar[Space] = {
        "taggers": [["lexicon", "knn", "linear"], ["lexicon", "knn"], ["lexicon", "linear"], ["knn", "linear"]],
        "method": list(get_args(Method)),
        "c": (1.0, 100.0, "log"),
    }

    taggers: Sequence[str | Sequence[Any]] = ("lexicon", "knn", "linear")
    method: Method = "regression"
    c: NonNegativeFloat = 60.0

    @classmethod
    def from_fitted(
        cls, taggers: Sequence[Tagger], train: Sequence[Product], dev: Sequence[Product], **params: Any
    ) -> Self:
        """Return the fusion of strategies that are already fitted.

        Args:
            taggers: Fitted strategies.
            train: The products they were fitted on.
            dev: The products to fit the fusion on; none of them may be in train.
            **params: Other parameters of the strategy.

        Raises:
            NotFitted: One of the strategies is not fitted.
            BadInput: The fusion cannot be fitted on dev.
        """
        hybrid = create(cls, taggers=specification(taggers), **params)
        hybrid._use(taggers)
        hybrid._fit_fusion(train, dev)
        return hybrid

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        held_out = [product for product in dev if product.tags]
        if self.method == "regression" and not held_out:
            rest = [product for number, product in enumerate(train) if number % HELD_OUT] or train
            self._fit_taggers(rest, dev, cache)
            self._fit_fusion(train, [product for product in train[::HELD_OUT] if product.tags])
            self._fit_taggers(train, (), cache)
        else:
            self._fit_taggers(train, dev, cache)
            self._fit_fusion(train, held_out)

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        super()._learn(more, old, dev, cache)
        before: Mapping[str, int] = vars(self)["counts_"] if old is None else {}
        self.counts_ = _counts([*(old or ()), *more], before)
        if held_out := [product for product in dev if product.tags]:
            self._fit_regression(held_out)

    def _fit_taggers(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        created = self._create(skip_cleaning=self.skip_cleaning or None)
        self.taggers_ = [tagger.fit(train, dev=dev, cache=cache) for tagger in created]

    def _fit_fusion(self, train: Sequence[Product], held_out: Sequence[Product]) -> None:
        """Count the tags of train and fit the regression, if there is one, on products outside of it."""
        self.counts_ = _counts(train)
        self._fit_regression(held_out)

    def _fit_regression(self, held_out: Sequence[Product]) -> None:
        self.weights_ = np.zeros(0)
        if self.method != "regression":
            return
        features, is_gold = [], []
        for product, lists in zip(held_out, self._lists(held_out), strict=True):
            for text in _by_text(lists):
                features.append(self._features(text, lists, product))
                is_gold.append(text in product.tags)
        if not 0 < sum(is_gold) < len(is_gold):
            raise BadInput(
                "hybrid: the regression needs right and wrong candidates among the products it is fitted on; use "
                "method rrf"
            )
        model = LogisticRegression(C=1.0, max_iter=1000).fit(np.asarray(features), is_gold)
        self.weights_ = np.append(model.coef_[0], model.intercept_[0])

    def _lists(self, products: Sequence[Product]) -> list[tuple[list[Tag], ...]]:
        """Return for each product the lists of all sub-taggers."""
        return list(zip(*(tagger.predict(products) for tagger in self.taggers_), strict=True))

    def _features(self, text: str, lists: Sequence[Sequence[Tag]], product: Product) -> list[float]:
        """Return the features of one candidate: two of its own and four for each sub-tagger."""
        features = [float(is_present(text, product.text)), math.log1p(self.counts_.get(text, 0))]
        for row in lists:
            rank, score = _rank_and_score(text, row)
            features += [score, _logit(score), 1 / rank if rank else 0.0, float(rank > 0)]
        return features

    def _tag(self, products: Sequence[Product]) -> Tags:
        return [self._fuse(lists, product) for product, lists in zip(products, self._lists(products), strict=True)]

    def _fuse(self, lists: Sequence[Sequence[Tag]], product: Product) -> list[Tag]:
        candidates = _by_text(lists)
        scores = dict(zip(candidates, self._scores(candidates, lists, product), strict=True))
        best = sorted(candidates, key=lambda text: (-scores[text], text))[: self.limit]
        return [_merge(candidates[text], scores[text]) for text in best]

    def _scores(self, texts: Iterable[str], lists: Sequence[Sequence[Tag]], product: Product) -> list[float]:
        """Return the fused score of each candidate."""
        scores = []
        for text in texts:
            if self.method == "rrf":
                ranks = (_rank_and_score(text, row)[0] for row in lists)
                score = sum(1 / (self.c + rank) for rank in ranks if rank) / (len(lists) / (self.c + 1))
            else:
                features = np.asarray(self._features(text, lists, product))
                score = float(expit((features * self.weights_[:-1]).sum() + self.weights_[-1]))
            scores.append(round(score, 6))
        return scores

    def _explain(self, product: Product, tag: str) -> Explanation:
        lists = self._lists([product])[0]
        score = self._scores([tag], lists, product)[0]
        own, parts, constant = self._parts(tag, lists, product)
        shares = [
            Share(tagger.name, value, _said(tag, row))
            for tagger, value, row in zip(self.taggers_, own, lists, strict=True)
        ]
        shares += [Share(name, value) for name, value in parts.items()]
        facts: dict[str, Any] = {"shares": "add up to the score"}
        if self.method == "regression":
            shares.append(Share("constant", constant, "if no sub-tagger gives the tag"))
            facts["shares"] = f"add up to the log-odds of the score, {sum(own) + sum(parts.values()) + constant:.4f}"
        words = self._words(product, tag, own)
        facts["weights"] = "the words of each sub-tagger, in proportion to its share"
        return Explanation(product.text, tag, score, False, self.name, "sub-taggers", words, tuple(shares), facts=facts)

    def _parts(
        self, tag: str, lists: Sequence[Sequence[Tag]], product: Product
    ) -> tuple[list[float], dict[str, float], float]:
        """Return what each sub-tagger adds to what it would without the tag, what else counts, and the constant."""
        if self.method == "rrf":
            highest = len(lists) / (self.c + 1)
            ranks = (_rank_and_score(tag, row)[0] for row in lists)
            return [1 / (self.c + rank) / highest if rank else 0.0 for rank in ranks], {}, 0.0
        absent = np.asarray(self._features(tag, [[] for _ in lists], product))
        weighted = (np.asarray(self._features(tag, lists, product)) - absent) * self.weights_[:-1]
        fixed = absent * self.weights_[:-1]
        parts = {"present in the text": float(fixed[0]), "frequency in train": float(fixed[1])}
        own = weighted[2:].reshape(len(lists), -1).sum(axis=1).tolist()
        return own, parts, float(fixed[2:].sum() + self.weights_[-1])

    def _state(self) -> State:
        return super()._state() | {"counts": self.counts_, "weights": self.weights_}

    def _restore(self, state: State) -> None:
        super()._restore(state)
        self.counts_, self.weights_ = state["counts"], state["weights"]


def _counts(products: Sequence[Product], before: Mapping[str, int] | None = None) -> dict[str, int]:
    """Return in how many products each tag occurs, added to earlier counts."""
    return dict(Counter(before or {}) + Counter(tag for product in products for tag in set(product.tags)))


def _by_text(lists: Sequence[Sequence[Tag]]) -> dict[str, list[Tag]]:
    """Collect the tags of all lists by text."""
    found: dict[str, list[Tag]] = {}
    for row in lists:
        for tag in row:
            found.setdefault(tag.text, []).append(tag)
    return found


def _rank_and_score(text: str, row: Sequence[Tag]) -> tuple[int, float]:
    """Return the rank (from 1; 0 if absent) and the score of a tag in a list."""
    return next(((rank, tag.score) for rank, tag in enumerate(row, 1) if tag.text == text), (0, 0.0))


def _said(text: str, row: Sequence[Tag]) -> str:
    """Return rank and score of a tag in words."""
    rank, score = _rank_and_score(text, row)
    return f"number {rank}, score {score:.3f}" if rank else "does not give it"


def _logit(score: float) -> float:
    clipped = min(max(score, 1e-3), 1 - 1e-3)
    return math.log(clipped / (1 - clipped))


def _merge(tags: Sequence[Tag], score: float) -> Tag:
    """Return one tag for those that the sub-taggers gave for a text, with the first spans and type among them."""
    evidence = next((tag for tag in tags if tag.spans), tags[0])
    source = "hybrid:" + "+".join(dict.fromkeys(tag.source for tag in tags))
    return Tag(evidence.text, min(1.0, score), source, evidence.spans, evidence.type)
