"""Features of texts, TF-IDF of words and character n-grams, and the targets of classifiers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from tagkit.errors import BadInput
from tagkit.explanation import Neighbour
from tagkit.learning import identity
from tagkit.product import Product, Tags
from tagkit.tagger import State, ranked
from tagkit.text.clean import DEFAULT, clean, without
from tagkit.text.clean_text import CleanText
from tagkit.text.language import language_of
from tagkit.text.segment import Segmenter
from tagkit.text.stopwords import is_stopword

CHAR_NGRAMS = (1, 3)
"""The shortest and the longest character n-gram."""


@dataclass(kw_only=True, eq=False, repr=False)
class CleaningOptions:
    """How the text of a product is cleaned.

    Args:
        skip_cleaning: Cleaning steps that are skipped (names from `tagkit.text.STEPS`).
    """

    skip_cleaning: Sequence[str] = ()

    def clean(self, text: str, steps: Iterable[str] = DEFAULT) -> CleanText:
        """Clean a text with the given steps, except the skipped ones."""
        return clean(text, without(self.skip_cleaning, steps) if self.skip_cleaning else steps)


class TextFeatures:
    """TF-IDF of words and of character n-grams side by side, each part of unit length.

    Args:
        use_words: Whether to use words in addition to character n-grams.
        min_count: Rarer words and n-grams are ignored, unless all are rarer.
        skip_cleaning: See `CleaningOptions`.
    """

    def __init__(
        self,
        use_words: bool = True,
        min_count: int = 1,
        skip_cleaning: Sequence[str] = (),
    ) -> None:
        self.cleaning = CleaningOptions(skip_cleaning=skip_cleaning)
        options: dict[str, Any] = {"min_df": min_count, "sublinear_tf": True, "dtype": np.float64}
        self.parts = {"char": TfidfVectorizer(analyzer="char_wb", ngram_range=CHAR_NGRAMS, **options)}
        if use_words:
            self.parts["word"] = TfidfVectorizer(analyzer=str.split, **options)
        self.segmenter = Segmenter()

    def fit(self, products: Sequence[Product], user_words: Sequence[str] = ()) -> sparse.csr_matrix:
        """Learn the vocabulary and the inverse document frequencies.

        Args:
            products: The training products.
            user_words: Words that the segmentation does not split, usually the known tags.

        Returns:
            The features of these products, shape (n, d).

        Raises:
            BadInput: No text has a word, for example because all are emoji.
        """
        self.set_user_words(user_words)
        texts = self._texts(products)
        return sparse.hstack([_fit(part, texts[name]) for name, part in self.parts.items()]).tocsr()

    def set_user_words(self, words: Sequence[str]) -> None:
        """Set the words that the segmentation does not split."""
        self.user_words = list(words)
        self.segmenter = Segmenter(self.user_words)

    def extended(self, vectors: sparse.csr_matrix, products: Sequence[Product]) -> tuple[Self, sparse.csr_matrix]:
        """Return features of character n-grams that have learned from more products, without the texts of the old ones.

        The n-grams and their document frequencies are those that `fit` would find in old and new texts.

        Args:
            vectors: The features of the old products, shape (n, d).
            products: The new products.

        Returns:
            The features, and those of all products, shape (n + products, new d).
        """
        made = type(self)(use_words=False, skip_cleaning=self.cleaning.skip_cleaning)
        made.set_user_words(self.user_words)
        old = self.parts["char"]
        counter = clone(old).set_params(use_idf=False, norm=None, min_df=1)
        new = _fit(counter, self._texts(products)["char"]) if products else sparse.csr_matrix((0, 0))
        known = old.get_feature_names_out()
        found = counter.get_feature_names_out() if products else known[:0]
        # A row of the old features is (1 + ln tf) · idf over its length, so that it keeps (1 + ln tf) but for a factor.
        both = sparse.vstack([_columns(vectors / old.idf_, known, found), _columns(new, found, known)]).tocsr()
        frequency = np.diff(both.tocsc().indptr)
        kept = frequency > 0
        terms = np.union1d(known, found)[kept]
        made.parts["char"].vocabulary = {term: column for column, term in enumerate(terms.tolist())}
        made.parts["char"].idf_ = np.log((1 + both.shape[0]) / (1 + frequency[kept])) + 1
        return made, normalize(both[:, kept].multiply(made.parts["char"].idf_).tocsr())

    def transform(self, products: Sequence[Product]) -> sparse.csr_matrix:
        """Return the features of products, shape (n, d)."""
        texts = self._texts(products)
        return sparse.hstack([part.transform(texts[name]) for name, part in self.parts.items()]).tocsr()

    def places(self, product: Product) -> dict[int, list[tuple[int, int]]]:
        """Return where each feature of a product stands in its text, by column; `transform` was called before."""
        cleaned = self.cleaning.clean(product.text)
        shortest, longest = CHAR_NGRAMS
        found: list[tuple[str, str, int, int]] = []
        for match in re.finditer(r"\S+", cleaned.text):
            word = f" {match[0].lower()} "
            for length in range(shortest, longest + 1):
                for at in range(max(1, len(word) - length + 1)):
                    start, end = max(0, at - 1), min(len(match[0]), at + length - 1)
                    first = match.start() + min(start, len(match[0]) - 1)
                    found.append(("char", word[at : at + length], first, max(first + 1, match.start() + end)))
        if "word" in self.parts:
            language = language_of(product)
            for token in self.segmenter.tokens(cleaned.text, language):
                if not is_stopword(token.text, language):
                    found.append(("word", token.text.replace(" ", "_"), token.start, token.end))
        first_column = {"char": 0, "word": len(self.parts["char"].vocabulary_)}
        out: dict[int, list[tuple[int, int]]] = {}
        for part, text, start, end in found:
            column = self.parts[part].vocabulary_.get(text)
            if column is not None:
                span = cleaned.to_original(start, end)
                out.setdefault(first_column[part] + column, []).append((span.start, span.end))
        return out

    def words(self, product: Product) -> list[str]:
        """Return the words of a product's cleaned text without stop words."""
        language = language_of(product)
        tokens = self.segmenter.tokens(self.cleaning.clean(product.text).text, language)
        return [token.text for token in tokens if not is_stopword(token.text, language)]

    def _texts(self, products: Sequence[Product]) -> dict[str, list[str]]:
        texts = {"char": [self.cleaning.clean(product.text).text for product in products]}
        if "word" in self.parts:
            rows = (self.words(product) for product in products)
            texts["word"] = [" ".join(word.replace(" ", "_") for word in row) for row in rows]
        return texts

    def state(self) -> State:
        """Return what was learned."""
        out: State = {"user_words": self.user_words}
        for name, part in self.parts.items():
            out[f"{name}_terms"] = part.get_feature_names_out().tolist()
            out[f"{name}_idf"] = part.idf_
        return out

    def restore(self, state: State) -> None:
        """Take what `state` returned."""
        self.set_user_words(state["user_words"])
        for name, part in self.parts.items():
            part.vocabulary = {term: column for column, term in enumerate(state[f"{name}_terms"])}
            part.idf_ = state[f"{name}_idf"]


def _columns(matrix: Any, own: NDArray[Any], other: NDArray[Any]) -> sparse.csr_matrix:
    """Return a matrix with the columns of its own terms and of others, all in alphabetical order."""
    terms = np.union1d(own, other)
    parts = matrix.tocoo()
    place = np.searchsorted(terms, own)
    return sparse.csr_matrix((parts.data, (parts.row, place[parts.col])), (matrix.shape[0], len(terms)))


def best_tags(scores: NDArray[Any], tags: Sequence[str], source: str, limit: int) -> Tags:
    """Return for each product its tags with the highest scores above 0; `scores` has the shape (products, tags)."""
    rows = []
    for row in scores:
        best = np.argsort(-row, kind="stable")[:limit]
        rows.append(ranked(((tags[i], row[i]) for i in best if row[i]), source))
    return rows


def _fit(part: TfidfVectorizer, texts: Sequence[str]) -> sparse.csr_matrix:
    try:
        return part.fit_transform(texts)
    except ValueError:  # in a few short texts no word may occur twice
        part.set_params(min_df=1)
    try:
        return part.fit_transform(texts)
    except ValueError as error:
        raise BadInput("no word is left in the cleaned texts of train: there is nothing to learn from") from error


def votes(
    gold: sparse.csr_matrix, nearest: NDArray[Any], likeness: NDArray[Any], temperature: float
) -> NDArray[np.float64]:
    """Return the share of the neighbours' weight that each tag has, shape (tags,).

    Args:
        gold: Which training product has which tag, shape (products, tags).
        nearest: The positions of the neighbours, the nearest first.
        likeness: Their similarities, the same shape; similarity s has the weight exp((s - highest) / temperature).
        temperature: A lower one gives the nearest neighbours more weight.
    """
    weights = np.exp((likeness - likeness[0]) / temperature)
    return gold[nearest].T @ (weights / weights.sum())


def targets(products: Sequence[Product], tags: Sequence[str]) -> sparse.csr_matrix:
    """Return which product has which tag, shape (products, tags), ones and zeros."""
    column = {tag: number for number, tag in enumerate(tags)}
    pairs = [(row, column[tag]) for row, product in enumerate(products) for tag in set(product.tags) if tag in column]
    rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
    return sparse.csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(products), len(tags)))


class RememberedProducts:
    """Which tagged products a strategy remembers by their rows, without their texts, and how more are added to them.

    Args:
        keys: The `identity` of each product.
        tags: The tags, sorted.
        targets: Which product has which tag, shape (products, tags).

    Attributes:
        kept: After `learn`, the rows of the products that were not replaced.
        added: After `learn`, the tagged products that follow them.
    """

    def __init__(self, keys: Sequence[str], tags: Sequence[str], targets: sparse.csr_matrix) -> None:
        self.keys, self.tags, self.targets = list(keys), list(tags), targets
        self.kept: list[int] = list(range(len(self.keys)))
        self.added: list[Product] = []

    def titles(self, learned_from: Sequence[Product] | None, otherwise: Callable[[int], str]) -> Callable[[int], str]:
        """Return a function from a row to the title of its product.

        Args:
            learned_from: The products, where they are there.
            otherwise: What to show for a product that is not there, by its row.
        """
        known = {identity(product): product.title for product in learned_from or ()}
        return lambda row: known.get(self.keys[row]) or otherwise(row)

    def neighbours(
        self, tag: str, rows: Sequence[int], similarities: Sequence[float], title: Callable[[int], str]
    ) -> tuple[Neighbour, ...]:
        """Return remembered products as the neighbours of an explanation of a tag.

        Args:
            tag: The explained tag.
            rows: The rows of the products, the nearest first.
            similarities: How similar each is.
            title: Returns the title of a row, see `titles`.
        """
        found = []
        for row, similarity in zip(rows, similarities, strict=True):
            tags = tuple(self.tags[at] for at in self.targets[[row]].indices)
            found.append(Neighbour(title(row), tags, similarity, tag in tags))
        return tuple(found)

    def learn(self, more: Sequence[Product], old: Sequence[Product] | None = None) -> Self:
        """Remove the products that new ones replace, add the new ones that have tags, and drop tags without products.

        Args:
            more: The new products.
            old: The remembered ones but for those that are replaced, whose tags may be spelt in another way; None, or
                other products: the tags are as they are remembered.

        Raises:
            BadInput: No tagged product is left.
        """
        replaced = {identity(product) for product in more}
        self.kept = [row for row, key in enumerate(self.keys) if key not in replaced]
        self.added = [product for product in more if product.tags]
        kept_keys, kept = [self.keys[row] for row in self.kept], self.targets[self.kept]
        self.keys = [*kept_keys, *map(identity, self.added)]
        if not self.keys:
            raise BadInput("no product with tags is left to learn from")
        known = [product for product in old or () if product.tags]
        if known and [identity(product) for product in known] == kept_keys:
            self._tag([*known, *self.added])
            return self
        in_use = np.flatnonzero(np.asarray(kept.sum(axis=0)).ravel())
        tags = [self.tags[column] for column in in_use]
        self._tag(self.added, tags)
        place = np.searchsorted(self.tags, tags)
        parts = kept[:, in_use].tocoo()
        moved = sparse.csr_matrix((parts.data, (parts.row, place[parts.col])), (len(self.kept), len(self.tags)))
        self.targets = sparse.vstack([moved, self.targets]).tocsr()
        return self

    def _tag(self, products: Sequence[Product], more: Sequence[str] = ()) -> None:
        """Set the tags to those of products and more, and the targets to those of the products."""
        self.tags = sorted({*more, *(tag for product in products for tag in product.tags)})
        self.targets = targets(products, self.tags)
