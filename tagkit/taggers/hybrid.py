"""Fusion of several strategies, by reciprocal ranks or by weights learnt on dev."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.features import CleaningOptions
from tagkit.product import Product, Tag, Tags
from tagkit.tagger import Space, State, Tagger
from tagkit.taggers import _sub_taggers
from tagkit.text.present import is_present

METHODS = ("learnt", "rrf")
HELD_OUT = 5
"""Without dev, every fifth training product is held out to learn the fusion on."""


class Hybrid(CleaningOptions, Tagger):
    """One ranked list from several strategies.

    "rrf" adds 1 / (c + rank) over the members and divides by the highest sum there could be. "learnt" puts each
    candidate's scores and ranks, whether it stands in the text and how frequent it is into one logistic regression,
    fitted on dev (without dev: on a fifth of train, held out from the members and then given back), so its score is a
    probability.

    Args:
        members: Names of strategies, or [name, parameters] pairs.
        method: "learnt" or "rrf".
        c: The constant of reciprocal-rank fusion.
        synonyms: Handed to the members that take synonyms.
        limit: How many tags to give at most.

    Source: Cormack, Clarke and Büttcher, Reciprocal rank fusion outperforms Condorcet and individual rank learning
    methods (SIGIR 2009).
    """

    name = "hybrid"
    space: ClassVar[Space] = {
        "members": [["lexicon", "knn", "linear"], ["lexicon", "knn"], ["lexicon", "linear"], ["knn", "linear"]],
        "method": list(METHODS),
        "c": (1.0, 100.0, "log"),
    }

    members: Sequence[Any] = ("lexicon", "knn", "linear")
    method: str = "learnt"
    c: float = 60.0
    synonyms: Any = None
    limit: int = 20

    @classmethod
    def of(cls, members: Sequence[Tagger], train: Sequence[Product], dev: Sequence[Product], **params: Any) -> Self:
        """Return the fusion of strategies that are fitted already.

        Args:
            members: Fitted strategies.
            train: What they learnt from.
            dev: To learn the fusion on; none of it may be in train.
            **params: The other keywords of `__init__`.

        Raises:
            NotFitted: One is not fitted.
            BadInput: There is nothing to learn the fusion from in dev.
        """
        made = cls(members=[[member.name, member.get_params()] for member in members], **params)
        for member in members:
            member.check_fitted()
        made._make()
        made.members_ = list(members)
        made._count(train)
        made.weights_ = made._learn(dev)
        made.fitted_ = True
        return made

    def _make(self) -> list[Tagger]:
        if self.method not in METHODS:
            raise BadInput(f"hybrid: method is one of {', '.join(METHODS)}, not {self.method!r}")
        return _sub_taggers.make(
            self.members, self.name, synonyms=self.synonyms or None, skip_cleaning=self.skip_cleaning or None
        )

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        judged = [product for product in dev if product.tags]
        held_out = judged or [product for product in train[::HELD_OUT] if product.tags]
        kept = train if judged else [product for number, product in enumerate(train) if number % HELD_OUT] or train
        self.members_ = [member.fit(kept, dev=dev, cache=cache) for member in self._make()]
        self._count(train)
        self.weights_ = self._learn(held_out)
        if not judged and self.method == "learnt":
            self.members_ = [member.fit(train, cache=cache) for member in self._make()]

    def _count(self, train: Sequence[Product]) -> None:
        self.counts_ = dict(Counter(tag for product in train for tag in set(product.tags)))

    def _learn(self, products: Sequence[Product]) -> NDArray[np.float64]:
        """Return the weights of the features and, last, the bias; nothing where none are learnt."""
        if self.method != "learnt":
            return np.zeros(0)
        rows, truth = [], []
        for product, lists in zip(products, self._lists(products), strict=True):
            for tag in _candidates(lists):
                rows.append(self._describe(tag, lists, product))
                truth.append(tag in product.tags)
        if not 0 < sum(truth) < len(truth):
            raise BadInput("hybrid: the products to learn the fusion on have no right or no wrong candidates; use rrf")
        model = LogisticRegression(C=1.0, max_iter=1000).fit(np.asarray(rows), truth)
        return np.append(model.coef_[0], model.intercept_[0])

    def _lists(self, products: Sequence[Product]) -> list[list[list[Tag]]]:
        """Return for each product the lists of all members."""
        return [list(lists) for lists in zip(*(m.predict(products) for m in self.members_), strict=True)]

    def _describe(self, tag: str, lists: list[list[Tag]], product: Product) -> list[float]:
        """Return the features of one candidate."""
        features = [float(is_present(tag, product.text)), math.log1p(self.counts_.get(tag, 0))]
        for row in lists:
            rank, score = _place(tag, row)
            features += [score, _logit(score), 1 / rank if rank else 0.0, float(rank > 0)]
        return features

    def _tag(self, products: Sequence[Product]) -> Tags:
        out = []
        for product, lists in zip(products, self._lists(products), strict=True):
            candidates = _candidates(lists)
            names = list(candidates)
            if self.method == "rrf":
                best = len(self.members_) / (self.c + 1)
                places = ([_place(tag, row)[0] for row in lists] for tag in names)
                scores = [sum(1 / (self.c + rank) for rank in ranks if rank) / best for ranks in places]
            else:
                described = np.asarray([self._describe(tag, lists, product) for tag in names]).reshape(len(names), -1)
                scores = [float(expit((row * self.weights_[:-1]).sum() + self.weights_[-1])) for row in described]
            scores = [round(score, 6) for score in scores]
            order = sorted(range(len(names)), key=lambda i: (-scores[i], names[i]))[: self.limit]
            out.append([_fused(candidates[names[i]], scores[i]) for i in order])
        return out

    def n_truncated_chars(self, products: Any) -> list[int]:
        """Return for each product the characters that no member reads."""
        return [
            min(parts) for parts in zip(*(member.n_truncated_chars(products) for member in self.members_), strict=True)
        ]

    def _state(self) -> State:
        learned: State = {"counts": self.counts_, "weights": np.asarray(self.weights_)}
        return learned | _sub_taggers.state_of(self.members_)

    def _restore(self, state: State) -> None:
        self.counts_, self.weights_ = state["counts"], state["weights"]
        self.members_ = _sub_taggers.restore(state)


def _candidates(lists: Sequence[Sequence[Tag]]) -> dict[str, list[Tag]]:
    """Collect the tags of all members by text."""
    found: dict[str, list[Tag]] = {}
    for row in lists:
        for tag in row:
            found.setdefault(tag.text, []).append(tag)
    return found


def _place(text: str, row: Sequence[Tag]) -> tuple[int, float]:
    """Return rank (from 1; 0 when absent) and score of a tag in a list."""
    return next(((rank, tag.score) for rank, tag in enumerate(row, 1) if tag.text == text), (0, 0.0))


def _logit(score: float) -> float:
    clipped = min(max(score, 1e-3), 1 - 1e-3)
    return math.log(clipped / (1 - clipped))


def _fused(same: Sequence[Tag], score: float) -> Tag:
    """Make one tag of those that the members gave for a text, with the evidence of the first that has some."""
    evidence = next((tag for tag in same if tag.spans), same[0])
    source = "hybrid:" + "+".join(dict.fromkeys(tag.source for tag in same))
    return Tag(evidence.text, min(1.0, score), source, evidence.spans, evidence.type)
