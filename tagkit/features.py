"""Word and character n-gram TF-IDF features, shared by the neighbours and the linear classifier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from tagkit.product import Product
from tagkit.tagger import State
from tagkit.text.clean import DEFAULT, CleanText, clean, without
from tagkit.text.language import language_of
from tagkit.text.segment import Segmenter
from tagkit.text.stopwords import is_stopword


@dataclass(kw_only=True, eq=False, repr=False)
class CleaningOptions:
    """How the text of a product is cleaned.

    Args:
        skip_cleaning: Cleaning steps (names from `tagkit.text.STEPS`) that are left out.
    """

    skip_cleaning: Sequence[str] = ()

    def clean(self, text: str, steps: Iterable[str] = DEFAULT) -> CleanText:
        """Clean a text with all steps of a chain but the skipped ones."""
        return clean(text, without(self.skip_cleaning, steps) if self.skip_cleaning else steps)


def words(product: Product, segmenter: Segmenter, cleaning: CleaningOptions) -> list[str]:
    """Return the words of a product's cleaned text without stop words."""
    language = language_of(product)
    tokens = segmenter.tokens(cleaning.clean(product.text).text, language)
    return [token.text for token in tokens if not is_stopword(token.text, language)]


class TextFeatures:
    """TF-IDF of words and of character n-grams side by side, each part of unit length.

    Args:
        char_range: Shortest and longest character n-gram.
        use_words: Whether to have the words too.
        min_count: Rarer words and n-grams are left out, unless none is that frequent.
        skip_cleaning: See `CleaningOptions`.
    """

    def __init__(
        self,
        char_range: tuple[int, int] = (1, 3),
        use_words: bool = True,
        min_count: int = 1,
        skip_cleaning: Sequence[str] = (),
    ) -> None:
        self.cleaning = CleaningOptions(skip_cleaning=skip_cleaning)
        self.parts = {
            "char": TfidfVectorizer(
                analyzer="char_wb", ngram_range=char_range, min_df=min_count, sublinear_tf=True, dtype=np.float64
            )
        }
        if use_words:
            self.parts["word"] = TfidfVectorizer(
                analyzer=str.split, min_df=min_count, sublinear_tf=True, dtype=np.float64
            )
        self.segmenter = Segmenter()

    def fit(self, products: Sequence[Product], user_words: Sequence[str] = ()) -> sparse.csr_matrix:
        """Learn the vocabulary and the inverse document frequencies.

        Args:
            products: The training products.
            user_words: What the segmentation keeps whole, usually the known tags.

        Returns:
            The features of these products, shape (n, d).
        """
        self.user_words = list(user_words)
        self.segmenter = Segmenter(self.user_words)
        texts = self._texts(products)
        return sparse.hstack([_fit(part, texts[name]) for name, part in self.parts.items()]).tocsr()

    def transform(self, products: Sequence[Product]) -> sparse.csr_matrix:
        """Return the features of products, shape (n, d)."""
        texts = self._texts(products)
        return sparse.hstack([part.transform(texts[name]) for name, part in self.parts.items()]).tocsr()

    def _texts(self, products: Sequence[Product]) -> dict[str, list[str]]:
        texts = {"char": [self.cleaning.clean(product.text).text for product in products]}
        if "word" in self.parts:
            texts["word"] = [
                " ".join(w.replace(" ", "_") for w in words(p, self.segmenter, self.cleaning)) for p in products
            ]
        return texts

    def state(self) -> State:
        """Return what was learned."""
        out: State = {"user_words": self.user_words}
        for name, part in self.parts.items():
            out[f"{name}_terms"] = part.get_feature_names_out().tolist()
            out[f"{name}_idf"] = part.idf_
        return out

    def restore(self, state: State) -> None:
        """Take what `state` gave."""
        self.user_words = state["user_words"]
        self.segmenter = Segmenter(self.user_words)
        for name, part in self.parts.items():
            part.vocabulary = {term: column for column, term in enumerate(state[f"{name}_terms"])}
            part.idf_ = state[f"{name}_idf"]


def _fit(part: TfidfVectorizer, texts: Sequence[str]) -> sparse.csr_matrix:
    try:
        return part.fit_transform(texts)
    except ValueError:  # a few short texts may have no word twice
        return part.set_params(min_df=1).fit_transform(texts)


def votes(
    gold: sparse.csr_matrix, nearest: NDArray[Any], likeness: NDArray[Any], temperature: float
) -> NDArray[np.float64]:
    """Return the votes of neighbours for each tag, shape (tags,); they sum to 1 for a tag that all have.

    Args:
        gold: Which training product has which tag, shape (products, tags).
        nearest: Positions of the neighbours, the nearest first.
        likeness: Theirs, the same shape; one with likeness c weighs exp((c - highest) / temperature).
        temperature: Lower trusts the nearest more.
    """
    weights = np.exp((likeness - likeness[0]) / temperature)
    return gold[nearest].T @ (weights / weights.sum())


def targets(products: Sequence[Product], tags: Sequence[str]) -> sparse.csr_matrix:
    """Return which product has which tag, shape (products, tags), ones and zeros."""
    column = {tag: number for number, tag in enumerate(tags)}
    pairs = [(row, column[tag]) for row, product in enumerate(products) for tag in set(product.tags) if tag in column]
    rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
    return sparse.csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(products), len(tags)))
