"""Stacked features: one logit per product and tag, learned from the held-out scores of simple models."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from tagkit.attribution import occlusion
from tagkit.cache import FitCache, NoCache
from tagkit.explanation import Share
from tagkit.neural import Backbone
from tagkit.neural.inference import embed
from tagkit.parameters import PositiveFloat, PositiveInt
from tagkit.product import Product, digest
from tagkit.tagger import State
from tagkit.taggers.base_scores import LEAST, LINEAR, PRESENT, SOURCES, BaseScores, Floats, Synonyms
from tagkit.taggers.linear import CELLS, CLOSED_FORM

CANDIDATES = 30
"""The regression learns from so many tags of each product, the best by `linear`, and from those in its text."""
MOST = 8.0
"""The highest logit and, negative, the lowest: what the features are certain of can still be unlearned."""


@dataclass(kw_only=True, eq=False, repr=False)
class StackingOptions:
    """Which tags a network learns, and whether stacked features count beside it.

    Args:
        use_stacked_features: Whether stacked features count; of more than 12,000 products in train they are learned
            from so many, and not at all from more than 40 million products times tags.
        synonyms: Other forms by preferred tag: for the stacked features a tag is present where one of these is.
        min_count: Tags with fewer train products are not learned; None: 1, and 2 where train has over 2,000 tags.
        head_rate: By how much the learning rate of all but the encoder is multiplied.
    """

    use_stacked_features: bool = True
    synonyms: Mapping[str, Sequence[str]] | None = None
    min_count: PositiveInt | None = None
    head_rate: PositiveFloat = 3.0

    def stacked_features(self: Any, backbone: Backbone) -> StackedFeatures:
        """Return unfitted features that use an encoder as it was before training."""
        sha256 = backbone.sha256
        return StackedFeatures(backbone.source, self.category, self.tag_precision, self.synonyms, sha256)


class StackedFeatures:
    """A logistic regression, the same for all tags, over the scores of simple models (see `BaseScores`).

    For training products each score is what it would be without that product (leave-one-out), so that the weights suit
    new products. The vectors of the products come from the encoder as it was before training.

    Args:
        model: The name of that encoder; it is loaded when it is needed.
        category: Whether categories count.
        precision: Of the vectors: "fp32", "bf16" or "auto".
        synonyms: Other forms by preferred tag.
        sha256: The checksum that the encoder must have; "": any.

    Source: Wolpert, Stacked generalization (Neural Networks 1992).
    """

    def __init__(self, model: str, category: bool, precision: str, synonyms: Synonyms | None, sha256: str = "") -> None:
        self.model = model
        self.sha256 = sha256
        self.category = category
        self.precision = precision
        self.synonyms = synonyms
        self.tags: list[str] = []
        self._backbone: Backbone | None = None
        self._base: BaseScores | None = None
        self._cache_key = ""

    @property
    def fitted(self) -> bool:
        """Whether anything was learned."""
        return self._base is not None

    def fit(
        self, tags: Sequence[str], products: Sequence[Product], dev: Sequence[Product], min_count: int, cache: FitCache
    ) -> Floats | None:
        """Learn from tagged products.

        Args:
            tags: The tags.
            products: The products, with all of the tags among theirs; of more than 12,000 so many are learned from.
            dev: For the calibration of `linear`.
            min_count: How many products each tag has at least.
            cache: Where equal features of other runs are found.

        Returns:
            The logits of these products, each held out from its own answer, shape (products, tags); None where there
            are too many products times tags, and nothing is learned.
        """

        def make() -> State:
            logits = self._fit(tags, products, dev, min_count)
            return {"logits": logits, "fitted": self.state()}

        settings = [self.model, self.category, self.precision, self.synonyms, list(tags), min_count]
        name = f"stacked features {json.dumps(settings, sort_keys=True)}"
        state = cache.get(name, make, products, dev)
        self.restore(state["fitted"])
        self._cache_key = name + digest(products, dev)
        logits: Floats | None = state["logits"]
        return logits

    def _fit(
        self, tags: Sequence[str], products: Sequence[Product], dev: Sequence[Product], min_count: int
    ) -> Floats | None:
        self.tags, self._base = list(tags), None
        if len(products) * len(tags) > CELLS:  # the scores would not fit into the memory of a small machine
            return None
        chosen = _choose(products, tags, min_count)
        if len(chosen) > CLOSED_FORM:  # it takes too many to have each tag
            return None
        vectors = self.vectors(products)
        self._near = np.zeros((0, len(tags)), dtype=np.float32)
        self._base = BaseScores(self.category, self.synonyms)
        scores = self._base.fit([products[at] for at in chosen], vectors[chosen], dev, min_count)
        self._fit_regression(scores, self._base.gold.toarray())
        out = np.zeros((len(products), len(tags)), dtype=np.float32)
        out[chosen] = self._logits(scores)
        others = np.setdiff1d(np.arange(len(products)), chosen)
        if len(others):
            out[others] = self._transform([products[at] for at in others], vectors[others])
        return out

    def _fit_regression(self, scores: Floats, gold: NDArray[np.float64]) -> None:
        rows = _candidates(scores)
        known, right = scores[rows], gold[rows]
        self._mean, self._spread = known.mean(0), known.std(0) + 1e-6
        self._weights, self._bias = np.zeros(known.shape[1], dtype=np.float32), 0.0
        if 0 < right.sum() < len(right):
            model = LogisticRegression(max_iter=500).fit((known - self._mean) / self._spread, right)
            self._weights, self._bias = model.coef_[0].astype(np.float32), float(model.intercept_[0])

    def transform(self, products: Sequence[Product], cache: FitCache | None = None) -> Floats:
        """Return the logits of products, shape (products, tags).

        Args:
            products: The products.
            cache: Where the logits that an equal object computed for these products are found; used while fitting only.
        """

        def make() -> State:
            return {"logits": self._transform(products, self.vectors(products))}

        shared = cache if cache and self._cache_key else NoCache()
        logits: Floats = shared.get(f"logits of {self._cache_key}", make, products)["logits"]
        return logits

    def _transform(self, products: Sequence[Product], vectors: Floats) -> Floats:
        assert self._base is not None
        known = self._near.shape[1]
        out = np.full((len(products), len(self.tags)), -np.inf, dtype=np.float32)
        out[:, :known] = self._logits(self._base.transform(products, vectors))
        # A tag that train does not have borrows from similar ones, and gets what being present in the text is worth.
        borrowed = logit(np.clip(expit(out[:, :known]) @ self._near.T, LEAST, 1 - LEAST))
        present = self._base.present(products, self.tags[known:])
        out[:, known:] = borrowed + present * self._weights[PRESENT] / self._spread[PRESENT]
        return out

    def shares(self, product: Product, tag: int, total: float, constant: float, weight: float) -> list[Share]:
        """Return what the network and each simple model add to the logit of a tag.

        Args:
            product: The product.
            tag: The position of the tag.
            total: The logit, stacked features included.
            constant: What of it no text changes.
            weight: By which these features are multiplied in it.
        """
        parts = {name: weight * value for name, value in self._parts(product, tag).items()} if self.fitted else {}
        network = total - constant - sum(parts.values())
        constant += parts.pop("constant", 0.0)
        found = [Share("network", network, "the fine-tuned encoder")]
        found += [Share(name, value, "stacked feature") for name, value in parts.items()]
        return [*found, Share("constant", constant, "the same for every product")]

    def pieces(self, product: Product, value: Callable[[Floats], NDArray[Any]]) -> list[tuple[int, int, float]]:
        """Return by how much a value of these features falls without each word, as (start, end, fall).

        Args:
            product: The product.
            value: Takes the features of products, shape (products, tags), and returns a number for each.
        """
        if not self.fitted:
            return []
        words, _ = occlusion(product, lambda products: value(self.transform(products)).tolist())
        return [(word.start, word.end, word.weight) for word in words]

    def _parts(self, product: Product, tag: int) -> dict[str, float]:
        """Return what each simple model adds to the logit of a tag; their sum is the logit."""
        assert self._base is not None
        vectors = self.vectors([product])
        logit_ = float(self._transform([product], vectors)[0, tag])
        if tag >= self._near.shape[1]:
            return {"similar tags": logit_}
        scores = self._base.transform([product], vectors)[0, tag]
        each = (scores - self._mean) / self._spread * self._weights
        found = {name: float(each[list(places)].sum()) for name, places in SOURCES.items()}
        return found | {"constant": logit_ - sum(found.values())}

    def vectors(self, products: Sequence[Product]) -> Floats:
        """Return the vectors of products by the encoder as it was before training, shape (products, size)."""
        texts = [
            f"{product.category} {product.text}".strip() if self.category else product.text for product in products
        ]
        return embed(self._loaded(), texts, precision=self.precision)

    def _loaded(self) -> Backbone:
        if self._backbone is None:
            self._backbone = Backbone.load(self.model, self.sha256)
        return self._backbone

    def rough(self) -> StackedFeatures:
        """Return the same features from vectors in bf16, where the device multiplies that in hardware."""
        made = copy.copy(self)
        made.precision = "auto"
        made._backbone = self._loaded() if self.fitted else self._backbone
        return made

    def extend(self, tags: Sequence[str], near: Floats) -> None:
        """Add tags that train does not have.

        Args:
            tags: The new tags.
            near: How much each borrows of the probability of each tag of train, shape (tags, tags of train).
        """
        self._cache_key = ""
        if self.fitted:
            self.tags = [*self.tags, *tags]
            self._near = np.concatenate([self._near, near.astype(np.float32)])

    def _logits(self, scores: Floats) -> Floats:
        logits = ((scores - self._mean) / self._spread) @ self._weights + np.float32(self._bias)
        return np.clip(logits, -MOST, MOST)

    def state(self) -> State:
        """Return what was learned."""
        if self._base is None:
            return {}
        regression = {"mean": self._mean, "spread": self._spread, "weights": self._weights, "bias": self._bias}
        return {"tags": self.tags, "near": self._near, "regression": regression, "base": self._base.state()}

    def restore(self, state: State) -> Self:
        """Take what `state` returned."""
        self._base = None
        if state:
            self.tags, self._near = state["tags"], state["near"]
            regression = state["regression"]
            self._mean, self._spread = regression["mean"], regression["spread"]
            self._weights, self._bias = regression["weights"], regression["bias"]
            self._base = BaseScores(self.category, self.synonyms).restore(state["base"])
        return self


def _candidates(scores: Floats) -> NDArray[np.bool_]:
    """Return from which products and tags the regression learns, shape (products, tags)."""
    out: NDArray[np.bool_] = scores[..., PRESENT] > 0
    if out.shape[1] <= CANDIDATES:
        return np.ones_like(out)
    best = np.argpartition(-scores[..., LINEAR], CANDIDATES, axis=1)[:, :CANDIDATES]
    np.put_along_axis(out, best, True, axis=1)
    return out


def _choose(products: Sequence[Product], tags: Sequence[str], min_count: int) -> NDArray[np.int64]:
    """Return the positions of the products that are learned from: all, or 12,000 of them.

    Of more than 12,000 products, those that each tag needs to occur `min_count` times are chosen, and of the others as
    many as there is room for, evenly spread. There are more than 12,000 only where the tags need so many.
    """
    if len(products) <= CLOSED_FORM:
        return np.arange(len(products))
    missing = dict.fromkeys(tags, min_count)
    chosen: list[int] = []
    others: list[int] = []
    for at, product in enumerate(products):
        wanted = [tag for tag in set(product.tags) if missing.get(tag, 0) > 0]
        (chosen if wanted else others).append(at)
        missing |= {tag: missing[tag] - 1 for tag in wanted}
    spread = np.linspace(0, len(others) - 1, max(0, CLOSED_FORM - len(chosen))).astype(int)
    return np.sort([*chosen, *(others[at] for at in spread)])
