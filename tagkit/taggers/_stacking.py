"""What speaks for each tag before an encoder is tuned: one logit per product and tag, learnt from held-out scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from tagkit.features import targets, votes
from tagkit.product import Product
from tagkit.tagger import State
from tagkit.taggers.linear import CLOSED_FORM, Linear
from tagkit.text.present import is_present

Floats = NDArray[np.float32]
Synonyms = Mapping[str, Sequence[str]]
NEIGHBOURS = {"words": (15, 0.15), "vectors": (20, 0.02)}
"""How many neighbours vote, and the temperature of their votes."""
BLOCK = 256
"""So many products' words are compared at a time."""
CANDIDATES = 30
"""So many tags of each product, the best by `linear`, and those in its text teach how much each score is worth."""
SMOOTHING = 3.0
"""So many products with the tags' overall shares are added to those of a category."""
CELLS = 40_000_000
"""With more products times tags nothing is learnt: the scores would not fit a small machine's memory."""
LEAST = 1e-3
MOST = 8.0
"""The highest and, negative, the lowest logit: what the surface says with certainty can still be unlearnt."""
HITS = -2
"""Which score says whether the tag, or a synonym, stands in the text."""


class Evidence:
    """A logistic regression, the same for all tags, over what the surface of a product says about a tag.

    It knows of each product and tag: what `linear` makes of the words, the votes of the 15 products with the most alike
    words and of the 20 with the most alike vectors, how often products of the same category and of the same top
    category have the tag, whether the tag or a synonym of it stands in the text, and how frequent it is. For training
    products each of these is what it would be without that product (leave-one-out), so that the weights suit new ones.

    Args:
        tags: The tags.
        category: Whether to look at the categories.
        synonyms: Other forms by preferred tag.

    Source: Wolpert, Stacked generalization (Neural Networks 1992).
    """

    def __init__(self, tags: Sequence[str], category: bool = True, synonyms: Synonyms | None = None) -> None:
        self.tags = list(tags)
        self.category = category
        self.synonyms = synonyms or {}

    def fit(
        self, products: Sequence[Product], vectors: Floats, dev: Sequence[Product], min_count: int
    ) -> Floats | None:
        """Learn from tagged products.

        Args:
            products: To learn from, with all of `tags` among theirs; of more than 12,000 so many are learnt from.
            vectors: Theirs, of length 1, by the encoder before it is tuned, shape (products, size).
            dev: To calibrate `linear` on.
            min_count: Of the tags.

        Returns:
            The logits of the products themselves, each held out from its own answer, shape (products, tags); None
            where there are too many products times tags.
        """
        if len(products) * len(self.tags) > CELLS:
            return None
        chosen = _choose(products, self.tags, min_count)
        if len(chosen) > CLOSED_FORM:  # it takes too many to have each tag
            return None
        out = np.zeros((len(products), len(self.tags)), dtype=np.float32)
        out[chosen] = self._fit([products[at] for at in chosen], vectors[chosen], dev, min_count)
        others = np.setdiff1d(np.arange(len(products)), chosen)
        if len(others):
            out[others] = self.read([products[at] for at in others], vectors[others])
        return out

    def _fit(self, products: Sequence[Product], vectors: Floats, dev: Sequence[Product], min_count: int) -> Floats:
        self._linear = Linear(min_count=min_count).fit(products, dev=dev)
        linear, held_out = self._linear, self._linear.held_out_
        assert held_out is not None
        self._near = np.zeros((0, len(self.tags)), dtype=np.float32)
        self._gold = targets(products, self.tags)
        self._words, self._vectors = linear.features(products), np.asarray(vectors, dtype=np.float32)
        self._categories = self._read_categories(products)
        scores = self._scores(products, held_out, self._words, self._vectors, held=True)
        rows = self._candidates(held_out, scores)
        known, gold = scores[rows], self._gold.toarray()[rows]
        self._mean, self._spread = known.mean(0), known.std(0) + 1e-6
        self._weights, self._bias = np.zeros(known.shape[1], dtype=np.float32), 0.0
        if 0 < gold.sum() < len(gold):
            model = LogisticRegression(max_iter=500).fit((known - self._mean) / self._spread, gold)
            self._weights, self._bias = model.coef_[0].astype(np.float32), float(model.intercept_[0])
        return self._logits(scores)

    def read(self, products: Sequence[Product], vectors: Floats) -> Floats:
        """Return the logits of products with these vectors, shape (products, tags)."""
        words = self._linear.features(products)
        known = len(self._linear.tags_)
        found = np.full((len(products), len(self.tags)), -np.inf, dtype=np.float32)
        found[:, :known] = self._logits(self._scores(products, self._linear.raw(words), words, vectors, held=False))
        # A tag that train did not have borrows of its neighbours, and gets what standing in the text is worth.
        borrowed = logit(np.clip(expit(found[:, :known]) @ self._near.T, LEAST, 1 - LEAST))
        found[:, known:] = borrowed + self._hits(products, self.tags[known:]) * self._weights[HITS] / self._spread[HITS]
        return found

    def extend(self, tags: Sequence[str], near: Floats) -> None:
        """Add tags that train did not have.

        Args:
            tags: The new tags.
            near: How much each borrows of the probability of each tag of train, shape (tags, tags of train).
        """
        self.tags = [*self.tags, *tags]
        self._near = np.concatenate([self._near, near.astype(np.float32)])

    @property
    def _shares(self) -> Floats:
        """In which share of train each tag is gold."""
        return np.asarray(self._gold.mean(0), dtype=np.float32).ravel()

    def _scores(
        self, products: Sequence[Product], linear: Floats, words: sparse.csr_matrix, vectors: Floats, held: bool
    ) -> Floats:
        """Return all that is known, shape (products, tags of train, scores); `held`: they are the training products."""
        parts = [linear]
        for kind, alike in (("words", self._alike_words(words)), ("vectors", self._alike_vectors(vectors))):
            parts.append(self._votes(alike, len(products), *NEIGHBOURS[kind], held))
        for level in (str, _top):
            parts.append(self._in_category(products, level, held))
        known = [np.clip(part, LEAST, 1) for part in parts]
        hits = self._hits(products, self._linear.tags_)
        frequent = np.broadcast_to(np.log1p(self._shares * len(self._categories)), linear.shape)
        return np.stack([*parts, *map(np.log, known), hits, frequent], axis=-1).astype(np.float32)

    def _hits(self, products: Sequence[Product], tags: Sequence[str]) -> Floats:
        forms = [(tag, *self.synonyms.get(tag, ())) for tag in tags]
        found = [[any(is_present(form, product.text) for form in each) for each in forms] for product in products]
        return np.array(found, dtype=np.float32).reshape(len(products), len(tags))

    @cached_property
    def _products_of_words(self) -> sparse.csr_matrix:
        return self._words.T.tocsr()

    def _alike_words(self, words: sparse.csr_matrix) -> Iterator[NDArray[Any]]:
        """Give for each product how alike its words are to those of each training product."""
        for start in range(0, words.shape[0], BLOCK):
            yield from (words[start : start + BLOCK] @ self._products_of_words).toarray()

    def _alike_vectors(self, vectors: Floats) -> Iterator[NDArray[Any]]:
        """Give for each product, by itself so that it does not depend on the others, its cosines."""
        for vector in vectors:
            yield self._vectors @ vector

    def _votes(
        self, alike: Iterable[NDArray[Any]], count: int, neighbours: int, temperature: float, held: bool
    ) -> Floats:
        """Return the votes of the nearest training products, shape (products, tags)."""
        out = np.zeros((count, self._gold.shape[1]), dtype=np.float32)
        for at, found in enumerate(alike):
            likeness = np.round(found, 5)
            if held:
                likeness[at] = -np.inf
            nearest = _highest(likeness, neighbours)
            nearest = nearest[np.isfinite(likeness[nearest])]
            if len(nearest):
                out[at] = votes(self._gold, nearest, likeness[nearest], temperature)
        return out

    def _in_category(self, products: Sequence[Product], level: Callable[[str], str], held: bool) -> Floats:
        """Return which share of the training products of each product's category have each tag."""
        names = sorted({level(name) for name in self._categories if name})
        place = {name: at for at, name in enumerate(names)}
        known = [place.get(level(name), len(names)) for name in self._categories]
        member = sparse.csr_matrix((np.ones(len(known)), (known, range(len(known)))), (len(names) + 1, len(known)))
        sums, counts = (member @ self._gold).toarray(), np.asarray(member.sum(1))
        asked = [place.get(level(name), len(names)) for name in self._read_categories(products)]
        sums[len(names)], counts[len(names)] = 0, 0  # without a category nothing is known
        total, count = sums[asked], counts[asked]
        if held:
            inside = np.asarray(asked)[:, None] < len(names)
            total, count = total - inside * self._gold.toarray(), count - inside
        return (total + SMOOTHING * self._shares) / (count + SMOOTHING)

    def _read_categories(self, products: Sequence[Product]) -> list[str]:
        return [product.category if self.category else "" for product in products]

    def _candidates(self, linear: Floats, scores: Floats) -> NDArray[np.bool_]:
        """Return which products and tags teach, shape (products, tags)."""
        out: NDArray[np.bool_] = scores[..., HITS] > 0
        if linear.shape[1] <= CANDIDATES:
            return np.ones_like(out)
        best = np.argpartition(-linear, CANDIDATES, axis=1)[:, :CANDIDATES]
        np.put_along_axis(out, best, True, axis=1)
        return out

    def _logits(self, scores: Floats) -> Floats:
        logits = ((scores - self._mean) / self._spread) @ self._weights + np.float32(self._bias)
        return np.clip(logits, -MOST, MOST)

    def state(self) -> State:
        """Return what was learned."""
        fusion = {"mean": self._mean, "spread": self._spread, "weights": self._weights, "bias": self._bias}
        train = {
            "near": self._near,
            "gold": self._gold,
            "words": self._words,
            "vectors": self._vectors,
            "categories": self._categories,
        }
        return {
            "tags": self.tags,
            "category": self.category,
            **fusion,
            **train,
            "linear": self._linear._state(),
        }

    @classmethod
    def restore(cls, state: State, synonyms: Synonyms | None = None) -> Self:
        """Take what `state` gave; the synonyms are the strategy's parameter."""
        made = cls(state["tags"], state["category"], synonyms)
        made._mean, made._spread = state["mean"], state["spread"]
        made._weights, made._bias = state["weights"], state["bias"]
        made._near, made._gold, made._categories = state["near"], state["gold"], state["categories"]
        made._words, made._vectors = state["words"], state["vectors"]
        made._linear = Linear()
        made._linear._restore(state["linear"])
        return made


def _choose(products: Sequence[Product], tags: Sequence[str], least: int) -> NDArray[np.int64]:
    """Return the positions of 12,000 products, all where there are no more: some of each tag, the others evenly spread.

    More than 12,000 only where it takes so many to have each tag `least` times.
    """
    if len(products) <= CLOSED_FORM:
        return np.arange(len(products))
    missing = dict.fromkeys(tags, least)
    chosen: list[int] = []
    others: list[int] = []
    for at, product in enumerate(products):
        wanted = [tag for tag in set(product.tags) if missing.get(tag, 0) > 0]
        (chosen if wanted else others).append(at)
        missing |= {tag: missing[tag] - 1 for tag in wanted}
    spread = np.linspace(0, len(others) - 1, max(0, CLOSED_FORM - len(chosen))).astype(int)
    return np.sort([*chosen, *(others[at] for at in spread)])


def _highest(values: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Return the positions of the highest values, the highest first, of equal ones the first."""
    least = np.partition(values, -count)[-count] if len(values) > count else -np.inf
    found = np.flatnonzero(values >= least)
    return found[np.argsort(-values[found], kind="stable")[:count]]


def _top(category: str) -> str:
    return category.partition("/")[0]
