"""TF-IDF: words and phrases that are frequent in this product and rare among the products learnt from."""

from __future__ import annotations

from collections.abc import Iterable

from tagkit.phrases.candidates import READING, Phrase, Reading, ngrams
from tagkit.phrases.counting import CountingTagger


class Tfidf(CountingTagger):
    """Term frequency times inverse document frequency.

    `fit` counts in how many texts each word and phrase stands; the weight is tf · (ln((1 + n) / (1 + df)) + s). With
    s = 1 that is scikit-learn's `TfidfVectorizer` with its smoothing, with s = 0 it is pke's. Within a product the
    weights are divided by the highest.

    Candidates are Chinese words of two characters and more, English words and phrases, and known tags; no stop words,
    numbers or punctuation. Where English candidates are noun phrases, texts are counted that have the phrase as a row
    of nouns and adjectives, also within a longer one.

    Source: Spärck Jones, A Statistical Interpretation of Term Specificity and Its Application in Retrieval (Journal of
    Documentation, 1972).

    Args:
        limit: How many tags at most; None: all.
        max_words: How many words an English phrase may have; None: any number.
        max_words_zh: The same for Chinese.
        smoothing: s, which tells how much frequent words that stand in every text still count.
        pos_filter: Whether only Chinese nouns, adjectives and the like count, and known tags; False: all content words.
        tag_words: Whether the tags of train are kept whole as words.
        english: How English is read: "words", "stems" (words with one Porter stem count as one) or "noun phrases"
            (stems, and candidates by part of speech; needs tagkit[english]).
    """

    name = "tfidf"
    space = READING | {"smoothing": (0.0, 2.0)}

    def __init__(
        self,
        limit: int | None = 10,
        max_words: int | None = 3,
        max_words_zh: int = 1,
        smoothing: float = 1.0,
        pos_filter: bool = True,
        tag_words: bool = True,
        english: str = "words",
    ) -> None:
        self.limit = limit
        self.max_words = max_words
        self.max_words_zh = max_words_zh
        self.smoothing = smoothing
        self.pos_filter = pos_filter
        self.tag_words = tag_words
        self.english = english

    def _keys(self, reading: Reading) -> Iterable[str]:
        most = self._most(reading)
        return (phrase.key for phrase in reading.phrases(lambda words: ngrams(words, most)))

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        phrases = self._phrases(reading, ngrams)
        return [(phrase, len(phrase.places) * (self._idf(phrase.key) + self.smoothing)) for phrase in phrases]
