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
        smoothing: s, which tells how much frequent words that stand in every text still count.
    """

    name = "tfidf"
    space = READING | {"smoothing": (0.0, 2.0)}

    smoothing: float = 1.0

    def _keys(self, reading: Reading) -> Iterable[str]:
        most = self._most(reading)
        return (phrase.key for phrase in reading.phrases(lambda words: ngrams(words, most)))

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        phrases = self._phrases(reading, ngrams)
        return [(phrase, len(phrase.places) * (self._idf(phrase.key) + self.smoothing)) for phrase in phrases]
