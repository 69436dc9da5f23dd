"""Multimodal: one ranked list from strategies that read words and strategies that read photos."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.explanation import Explanation, Share
from tagkit.product import Product, Tag, Tags
from tagkit.tagger import Space, State
from tagkit.taggers.sub_taggers import CombinedTagger
from tagkit.text.present import is_present

Lists = Sequence[Sequence[Tag]]
Floats = NDArray[np.float64]
CASES = {"both": (True, True), "words": (True, False), "photo": (False, True)}
"""What there is of a product: whether its words, and whether its photo."""
HELD_OUT = 5
"""Without dev, every fifth training product is held out to fit the fusion on."""
UNKNOWN, PRIOR = 0.5, 2.0
"""How reliable a sub-tagger is for a tag that dev lacks, and as how many products that counts beside those of dev."""
LEAST = 1e-4
OWN, EACH = 2, 5
"""How many features a candidate has of its own, and how many for each sub-tagger."""


class Multimodal(CombinedTagger):
    """Late fusion of strategies that read words and strategies that read photos, by stacking on dev.

    One logistic regression learns from the scores and ranks that the sub-taggers give a candidate on dev, from how
    reliable each sub-tagger is for this tag there (average precision), whether the candidate is present in the text,
    and how frequent it is in train. There is one regression for products with words and photo, one for those of which
    only the words say something, and one for those with a photo only; the latter two are learned from the same products
    with one half hidden, so that a product is tagged by what it has. Without dev, a fifth of train is held out for
    this, and the sub-taggers are then fitted again on all of train. It learns more products by its sub-taggers; the
    regressions are fitted again where there is dev.

    Args:
        taggers: At least one strategy that reads photos and one that does not: names, or [name, parameters] pairs.

    Source: Wolpert, Stacked generalization (Neural Networks 1992); late fusion: Snoek, Worring and Smeulders, Early
    versus late fusion in semantic video analysis (ACM Multimedia 2005).
    """

    name = "multimodal"
    reads_photos = True
    space: ClassVar[Space] = {
        "taggers": [["linear", "image_linear"], ["linear", "image_linear", "image_knn"], ["knn", "image_knn"]]
    }

    taggers: Sequence[str | Sequence[Any]] = ("linear", "image_linear")

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        held_out = [product for product in dev if product.tags]
        if held_out:
            self._fit_taggers(train, dev, cache)
            self._fit_fusion(train, held_out)
        else:
            rest = [product for number, product in enumerate(train) if number % HELD_OUT] or train
            self._fit_taggers(rest, (), cache)
            self._fit_fusion(train, [product for product in train[::HELD_OUT] if product.tags])
            self._fit_taggers(train, (), cache)

    def _fit_taggers(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        created = self._create()
        if len({tagger.reads_photos for tagger in created}) < 2:
            raise BadInput(
                "multimodal combines a strategy that reads photos with one that reads words: name both kinds"
            )
        self.taggers_ = [tagger.fit(train, dev=dev, cache=cache) for tagger in created]

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        super()._learn(more, old, dev, cache)
        before: Mapping[str, int] = vars(self)["counts_"] if old is None else {}
        self.counts_ = dict(Counter(before) + _counts([*(old or ()), *more]))
        if held_out := [product for product in dev if product.tags]:
            self._fit_regressions(held_out)

    def _fit_fusion(self, train: Sequence[Product], held_out: Sequence[Product]) -> None:
        self.counts_ = dict(_counts(train))
        self._fit_regressions(held_out)

    def _fit_regressions(self, held_out: Sequence[Product]) -> None:
        lists = self._lists(held_out)
        self.reliability_ = _reliability(lists, held_out)
        self.weights_ = {}
        for case in CASES:
            rows, is_gold = [], []
            for product, own in zip(held_out, lists, strict=True):
                seen = self._hide(own, case)
                texts = list(_candidates(seen))
                rows.append(self._features(texts, seen, product))
                is_gold += [text in product.tags for text in texts]
            self.weights_[case] = _regression(np.concatenate(rows), np.asarray(is_gold, dtype=bool))

    def _lists(self, products: Sequence[Product]) -> list[list[list[Tag]]]:
        """Return for each product the lists of all sub-taggers."""
        return [list(lists) for lists in zip(*(one.predict(products) for one in self.taggers_), strict=True)]

    def _hide(self, lists: Lists, case: str) -> Lists:
        """Return the lists without those of the sub-taggers that read what the case lacks."""
        words, photo = CASES[case]
        kept = [photo if tagger.reads_photos else words for tagger in self.taggers_]
        return [row if keep else [] for row, keep in zip(lists, kept, strict=True)]

    def _case(self, lists: Lists) -> str:
        """Return which half of a product says something."""
        words, photo = (
            any(row and tagger.reads_photos == wanted for row, tagger in zip(lists, self.taggers_, strict=True))
            for wanted in (False, True)
        )
        return "both" if words and photo else "photo" if photo else "words"

    def _features(self, texts: Sequence[str], lists: Lists, product: Product) -> Floats:
        """Return the features of candidates, shape (candidates, features)."""
        out = np.zeros((len(texts), OWN + EACH * len(lists)))
        places = [{tag.text: (rank, tag.score) for rank, tag in enumerate(row, 1)} for row in lists]
        for at, text in enumerate(texts):
            own = [float(is_present(text, product.text)), math.log1p(self.counts_.get(text, 0))]
            for found, known in zip(places, self.reliability_, strict=True):
                rank, score = found.get(text, (0, 0.0))
                logit = _logit(score)
                own += [score, logit, 1 / rank if rank else 0.0, float(rank > 0), known.get(text, UNKNOWN) * logit]
            out[at] = own
        return out

    def _tag(self, products: Sequence[Product]) -> Tags:
        return [self._fuse(lists, product) for product, lists in zip(products, self._lists(products), strict=True)]

    def _fuse(self, lists: Lists, product: Product) -> list[Tag]:
        candidates = _candidates(lists)
        scores = dict(zip(candidates, self._scores(list(candidates), lists, product), strict=True))
        best = sorted(candidates, key=lambda text: (-scores[text], text))[: self.limit]
        return [_merged(candidates[text], scores[text], self.name) for text in best]

    def _scores(self, texts: Sequence[str], lists: Lists, product: Product) -> list[float]:
        weights = self.weights_[self._case(lists)]
        logits = self._features(texts, lists, product) @ weights[:-1] + weights[-1]
        scores: list[float] = np.round(expit(logits), 6).tolist()
        return scores

    def _explain(self, product: Product, tag: str) -> Explanation:
        lists = self._lists([product])[0]
        case = self._case(lists)
        weights = self.weights_[case]
        score = self._scores([tag], lists, product)[0] if any(lists) else 0.0
        absent = self._features([tag], [[] for _ in lists], product)[0] * weights[:-1]
        added = self._features([tag], lists, product)[0] * weights[:-1] - absent
        own = added[OWN:].reshape(len(lists), EACH).sum(axis=1).tolist()
        shares = [Share(tagger.name, value) for tagger, value in zip(self.taggers_, own, strict=True)]
        shares.append(Share("constant", float(absent.sum() + weights[-1]), "if no sub-tagger gives the tag"))
        facts = {"shares": "add up to the log-odds of the score", "read": {"both": "words and photo"}.get(case, case)}
        words = self._words(product, tag, own)
        return Explanation(product.text, tag, score, False, self.name, "sub-taggers", words, tuple(shares), facts=facts)

    def _state(self) -> State:
        mine = {"counts": self.counts_, "weights": self.weights_, "reliability": self.reliability_}
        return super()._state() | mine

    def _restore(self, state: State) -> None:
        super()._restore(state)
        self.counts_, self.weights_, self.reliability_ = state["counts"], state["weights"], state["reliability"]


def _counts(products: Sequence[Product]) -> Counter[str]:
    """Return in how many products each tag occurs."""
    return Counter(tag for product in products for tag in set(product.tags))


def _candidates(lists: Lists) -> dict[str, list[Tag]]:
    """Return the tags of all lists by their texts."""
    found: dict[str, list[Tag]] = {}
    for row in lists:
        for tag in row:
            found.setdefault(tag.text, []).append(tag)
    return found


def _reliability(lists: Sequence[Lists], products: Sequence[Product]) -> list[dict[str, float]]:
    """Return for each sub-tagger the average precision of each tag's scores over the products that have gold tags."""
    gold: dict[str, list[int]] = {}
    for row, product in enumerate(products):
        for tag in set(product.tags):
            gold.setdefault(tag, []).append(row)
    out: list[dict[str, float]] = []
    for number in range(len(lists[0]) if lists else 0):
        scores: dict[str, dict[int, float]] = {}
        for row, own in enumerate(lists):
            for given in own[number]:
                scores.setdefault(given.text, {})[row] = given.score
        known = {}
        for tag, rows in gold.items():
            truth, found = np.zeros(len(products)), np.zeros(len(products))
            truth[rows] = 1
            for row, score in scores.get(tag, {}).items():
                found[row] = score
            precision = average_precision_score(truth, found)
            known[tag] = float((len(rows) * precision + PRIOR * UNKNOWN) / (len(rows) + PRIOR))
        out.append(known)
    return out


def _regression(features: Floats, is_gold: NDArray[np.bool_]) -> Floats:
    """Return the weights of a logistic regression, the constant behind them; zeros where it has nothing to learn."""
    if not 0 < is_gold.sum() < len(is_gold):
        return np.zeros(features.shape[1] + 1)
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    model = LogisticRegression(max_iter=1000).fit((features - mean) / spread, is_gold)
    weights = model.coef_[0] / spread
    return np.append(weights, model.intercept_[0] - weights @ mean)


def _logit(score: float) -> float:
    clipped = min(max(score, LEAST), 1 - LEAST)
    return math.log(clipped / (1 - clipped))


def _merged(tags: Sequence[Tag], score: float, name: str) -> Tag:
    """Return one tag for those that the sub-taggers gave for a text, with the first spans and type among them."""
    evidence = next((tag for tag in tags if tag.spans), tags[0])
    source = f"{name}:" + "+".join(dict.fromkeys(tag.source for tag in tags))
    return Tag(evidence.text, score, source, evidence.spans, evidence.type)
