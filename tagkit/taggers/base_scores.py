"""What simple models say about each product and tag: the features from which `StackedFeatures` learns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.features import targets, votes
from tagkit.product import Product
from tagkit.tagger import State
from tagkit.taggers.linear import Linear
from tagkit.text.present import is_present

Floats = NDArray[np.float32]
Synonyms = Mapping[str, Sequence[str]]
LINEAR, PRESENT = 0, -2
"""Which scores are those of `linear`, and whether the tag or a synonym is present in the text."""
SOURCES = {
    "linear": (0, 5),
    "products with similar words": (1, 6),
    "products with similar vectors": (2, 7),
    "category": (3, 4, 8, 9),
    "present in the text": (10,),
    "frequency of the tag": (11,),
}
"""The positions of the scores of each source (see `BaseScores`)."""
WORD_NEIGHBOURS, VECTOR_NEIGHBOURS = (15, 0.15), (20, 0.02)
"""How many nearest neighbours vote, and the temperature of their votes."""
BLOCK = 256
"""Products whose words are compared at a time."""
SMOOTHING = 3.0
"""To the products of a category so many are added that have the tags as often as all of train."""
LEAST = 1e-3
"""Scores are at least this before their logarithm is taken."""


class BaseScores:
    """The scores of simple models for each product and tag.

    They are, in this order: the score of `linear`; the votes of the 15 training products with the most similar words
    and of the 20 with the most similar vectors; the share of products of the same category, and of the same top-level
    category, that have the tag; the logarithms of these five; whether the tag or a synonym is present in the text; and
    the logarithm of the tag's frequency.

    Args:
        category: Whether categories count.
        synonyms: Other forms by preferred tag.
    """

    def __init__(self, category: bool, synonyms: Synonyms | None) -> None:
        self.category = category
        self.synonyms = synonyms or {}

    def fit(self, products: Sequence[Product], vectors: Floats, dev: Sequence[Product], min_count: int) -> Floats:
        """Fit the models, and return the leave-one-out scores of the training products.

        Args:
            products: Tagged products, at most as many as `linear` solves exactly.
            vectors: Their vectors of length 1, shape (products, size).
            dev: For the calibration of `linear`.
            min_count: Tags with fewer products are left out.

        Returns:
            What each score would be had the product not been in train, shape (products, tags, scores).
        """
        self._linear = Linear(min_count=min_count).fit(products, dev=dev)
        held_out = self._linear.held_out_
        assert held_out is not None
        self.gold = targets(products, self._linear.tags_)
        self._words, self._vectors = self._linear.features(products), np.asarray(vectors, dtype=np.float32)
        self._categories = self._read_categories(products)
        return self._scores(products, held_out, self._words, self._vectors, leave_out=True)

    def transform(self, products: Sequence[Product], vectors: Floats) -> Floats:
        """Return the scores of other products with these vectors, shape (products, tags, scores)."""
        words = self._linear.features(products)
        return self._scores(products, self._linear.raw(words), words, vectors, leave_out=False)

    def present(self, products: Sequence[Product], tags: Sequence[str]) -> Floats:
        """Return whether each tag or one of its synonyms is present in each text, shape (products, tags)."""
        forms = [(tag, *self.synonyms.get(tag, ())) for tag in tags]
        found = [[any(is_present(form, product.text) for form in each) for each in forms] for product in products]
        return np.array(found, dtype=np.float32).reshape(len(products), len(tags))

    def _scores(
        self, products: Sequence[Product], linear: Floats, words: sparse.csr_matrix, vectors: Floats, leave_out: bool
    ) -> Floats:
        """Return all scores; with `leave_out` the products are those of train."""
        parts = [
            linear,
            self._votes(self._word_similarities(words), len(products), *WORD_NEIGHBOURS, leave_out),
            self._votes(self._vector_similarities(vectors), len(products), *VECTOR_NEIGHBOURS, leave_out),
            self._category_shares(products, str, leave_out),
            self._category_shares(products, _top_level, leave_out),
        ]
        logs = [np.log(np.clip(part, LEAST, 1)) for part in parts]
        present = self.present(products, self._linear.tags_)
        frequency = np.broadcast_to(np.log1p(self._tag_shares * len(self._categories)), linear.shape)
        return np.stack([*parts, *logs, present, frequency], axis=-1).astype(np.float32)

    @property
    def _tag_shares(self) -> Floats:
        """The share of training products that have each tag."""
        return np.asarray(self.gold.mean(0), dtype=np.float32).ravel()

    @cached_property
    def _products_by_word(self) -> sparse.csr_matrix:
        return self._words.T.tocsr()

    def _word_similarities(self, words: sparse.csr_matrix) -> Iterator[NDArray[Any]]:
        """Yield for each product the similarity of its words to those of each training product."""
        for start in range(0, words.shape[0], BLOCK):
            yield from (words[start : start + BLOCK] @ self._products_by_word).toarray()

    def _vector_similarities(self, vectors: Floats) -> Iterator[NDArray[Any]]:
        """Yield for each product its cosines, computed one by one so that they do not depend on the others."""
        for vector in vectors:
            yield self._vectors @ vector

    def _votes(
        self, similarities: Iterable[NDArray[Any]], count: int, neighbours: int, temperature: float, leave_out: bool
    ) -> Floats:
        """Return the votes of the nearest training products, shape (products, tags)."""
        out = np.zeros((count, self.gold.shape[1]), dtype=np.float32)
        for row, found in enumerate(similarities):
            similarity = np.round(found, 5)
            if leave_out:
                similarity[row] = -np.inf
            nearest = _highest(similarity, neighbours)
            nearest = nearest[np.isfinite(similarity[nearest])]
            if len(nearest):
                out[row] = votes(self.gold, nearest, similarity[nearest], temperature)
        return out

    def _category_shares(self, products: Sequence[Product], level: Callable[[str], str], leave_out: bool) -> Floats:
        """Return the share of the training products of each product's category that have each tag."""
        names = sorted({level(name) for name in self._categories if name})
        number = {name: at for at, name in enumerate(names)}
        known = [number.get(level(name), len(names)) for name in self._categories]
        member = sparse.csr_matrix((np.ones(len(known)), (known, range(len(known)))), (len(names) + 1, len(known)))
        sums, counts = (member @ self.gold).toarray(), np.asarray(member.sum(1))
        rows = [number.get(level(name), len(names)) for name in self._read_categories(products)]
        sums[len(names)], counts[len(names)] = 0, 0  # nothing is known of products without a category
        total, count = sums[rows], counts[rows]
        if leave_out:
            has_category = np.asarray(rows)[:, None] < len(names)
            total, count = total - has_category * self.gold.toarray(), count - has_category
        return (total + SMOOTHING * self._tag_shares) / (count + SMOOTHING)

    def _read_categories(self, products: Sequence[Product]) -> list[str]:
        return [product.category if self.category else "" for product in products]

    def state(self) -> State:
        """Return what was fitted."""
        state: State = {"gold": self.gold, "words": self._words, "vectors": self._vectors}
        return state | {"categories": self._categories, "linear": self._linear._state()}

    def restore(self, state: State) -> Self:
        """Take what `state` returned."""
        self.gold, self._words, self._vectors = state["gold"], state["words"], state["vectors"]
        self._categories = state["categories"]
        self._linear = Linear()
        self._linear._restore(state["linear"])
        return self


def _highest(values: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Return the positions of the highest values, the highest first, of equal ones the first."""
    least = np.partition(values, -count)[-count] if len(values) > count else -np.inf
    found = np.flatnonzero(values >= least)
    return found[np.argsort(-values[found], kind="stable")[:count]]


def _top_level(category: str) -> str:
    return category.partition("/")[0]
