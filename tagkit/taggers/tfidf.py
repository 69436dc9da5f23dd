"""TF-IDF: words and phrases that are frequent in this product and rare among the products learnt from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tagkit.errors import BadInput
from tagkit.product import Product
from tagkit.taggers._words import Phrase, Reading, WordTagger, ngrams
from tagkit.taggers.base import State


class Tfidf(WordTagger):
    """Term frequency times inverse document frequency.

    `fit` counts in how many texts each word and phrase stands; the weight is tf · (ln((1 + n) / (1 + df)) + 1), as in
    scikit-learn's `TfidfVectorizer` with its smoothing, so that an unseen word has the highest. Within a product the
    weights are divided by the highest.

    Candidates are Chinese words of two characters and more, English words and phrases, and known tags; no stop words,
    numbers or punctuation.

    Source: Spärck Jones, A Statistical Interpretation of Term Specificity and Its Application in Retrieval (Journal of
    Documentation, 1972).

    Args:
        limit: How many tags at most; None: all.
        max_words: How many words an English phrase may have.
        max_words_zh: The same for Chinese.
        pos_filter: Whether only Chinese nouns, adjectives and the like count, and known tags; False: all content words.
        tag_words: Whether the tags of train are kept whole as words.
    """

    name = "tfidf"

    def __init__(
        self,
        limit: int | None = 10,
        max_words: int = 3,
        max_words_zh: int = 1,
        pos_filter: bool = True,
        tag_words: bool = True,
    ) -> None:
        self.limit = limit
        self.max_words = max_words
        self.max_words_zh = max_words_zh
        self.pos_filter = pos_filter
        self.tag_words = tag_words

    def _fit(self, train: Sequence[Product], dev: Sequence[Product]) -> None:
        super()._fit(train, dev)
        counts = Counter(phrase.text for product in train for phrase in self._candidates(self._read(product)))
        self.counts_ = dict(counts)
        self.products_ = len(train)

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        return [(phrase, len(phrase.places) * self._idf(phrase.text)) for phrase in self._candidates(reading)]

    def _candidates(self, reading: Reading) -> list[Phrase]:
        most = self.max_words_zh if reading.lang == "zh" else self.max_words
        if most < 1:
            raise BadInput(f"tfidf: a phrase needs at least one word, not {most!r}")
        return reading.phrases(lambda words: ngrams(words, most))

    def _idf(self, text: str) -> float:
        return float(np.log((1 + self.products_) / (1 + self.counts_.get(text, 0))) + 1)

    def _state(self) -> State:
        terms = sorted(self.counts_)
        counts = np.array([self.counts_[term] for term in terms], dtype=np.int64)
        return super()._state() | {"products": self.products_, "terms": terms, "counts": counts}

    def _restore(self, state: State) -> None:
        super()._restore(state)
        self.products_ = int(state["products"])
        self.counts_ = dict(zip(state["terms"], state["counts"].tolist(), strict=True))
