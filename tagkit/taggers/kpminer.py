"""KP-Miner: TF-IDF of phrases that occur often and early, with a boost for those of several words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from tagkit.parameters import NonNegativeInt, PositiveInt
from tagkit.phrases.base import PHRASE_SPACE, CountingTagger
from tagkit.phrases.candidates import Document, Phrase, ngrams

Boosted = Literal["phrases", "all"]


class KPMiner(CountingTagger):
    """Keyphrases by TF-IDF, limited to frequent and early phrases, with a boost for those of several words.

    A word has the weight tf · ln((1 + n) / (1 + df)), where df of the n training texts contain it. A phrase of several
    words has df = 0, and its weight is multiplied by min(sigma, N / (alpha · P)), where N is the number of occurrences
    of all candidates in the product and P that of candidates of several words.

    Args:
        least: How often a candidate must occur.
        cutoff: How many words of the text may precede the first occurrence of a candidate; None: any number.
        alpha: Divides the boost.
        sigma: The highest value of the boost.
        boost: Which candidates have the boost: "phrases", as in the paper, or "all", as in old versions of pke (which
            gives the same order as no boost).

    Source: El-Beltagy and Rafea, KP-Miner: Participation in SemEval-2 (SemEval 2010). For papers it uses least = 3 and
    cutoff = 400; by default neither is limited here because the text of a product is short.
    """

    name = "kpminer"
    space = PHRASE_SPACE | {"least": (1, 3), "alpha": (1.0, 5.0), "sigma": (1.0, 5.0), "boost": list(get_args(Boosted))}

    least: PositiveInt = 1
    cutoff: NonNegativeInt | None = None
    alpha: float = 2.3
    sigma: float = 3.0
    boost: Boosted = "phrases"
    max_words: PositiveInt | None = 5

    def _keys(self, document: Document) -> Iterable[str]:
        return (phrase.key for phrase in document.phrases(ngrams(document.words, 1)))

    def _score(self, document: Document) -> list[tuple[Phrase, float]]:
        phrases = [
            phrase
            for phrase in self.candidates(document, ngrams)
            if len(phrase.places) >= self.least and (self.cutoff is None or phrase.places[0][0] <= self.cutoff)
        ]
        n_occurrences = sum(len(phrase.places) for phrase in phrases)
        n_of_several_words = sum(len(phrase.places) for phrase in phrases if len(phrase.words) > 1)
        boost = min(self.sigma, n_occurrences / (self.alpha * max(1, n_of_several_words)))
        return [(phrase, self._weight(phrase, boost)) for phrase in phrases]

    def _weight(self, phrase: Phrase, boost: float) -> float:
        is_word = len(phrase.words) == 1
        factor = 1.0 if is_word and self.boost == "phrases" else boost
        return factor * len(phrase.places) * self._idf(phrase.key if is_word else "")
