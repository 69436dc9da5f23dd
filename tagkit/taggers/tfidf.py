"""TF-IDF: words and phrases that are frequent in this product and rare among the training products."""

from __future__ import annotations

from collections.abc import Iterable

from tagkit.parameters import NonNegativeFloat
from tagkit.phrases.base import PHRASE_SPACE, CountingTagger
from tagkit.phrases.candidates import Document, Phrase, ngrams


class Tfidf(CountingTagger):
    """Keyphrases by term frequency times inverse document frequency.

    The weight of a phrase is tf · (ln((1 + n) / (1 + df)) + s), where df of the n training texts contain it. With s = 1
    that is scikit-learn's `TfidfVectorizer` with its smoothing, with s = 0 it is pke's.

    Candidates are all words and phrases without stop words, numbers and punctuation. Where English candidates are noun
    phrases, a training text contains a phrase if it has it as a sequence of nouns and adjectives, even within a longer
    one.

    Args:
        smoothing: s, the weight of phrases that occur in every text.

    Source: Spärck Jones, A Statistical Interpretation of Term Specificity and Its Application in Retrieval (Journal of
    Documentation, 1972).
    """

    name = "tfidf"
    space = PHRASE_SPACE | {"smoothing": (0.0, 2.0)}

    smoothing: NonNegativeFloat = 1.0

    def _keys(self, document: Document) -> Iterable[str]:
        positions = ngrams(document.words, self._max_words(document))
        return (phrase.key for phrase in document.phrases(positions))

    def _score(self, document: Document) -> list[tuple[Phrase, float]]:
        phrases = self.candidates(document, ngrams)
        return [(phrase, len(phrase.places) * (self._idf(phrase.key) + self.smoothing)) for phrase in phrases]
