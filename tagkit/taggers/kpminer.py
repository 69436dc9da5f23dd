"""KP-Miner: TF-IDF of phrases that occur often and early, with a boost for those of several words."""

from __future__ import annotations

from collections.abc import Iterable

from tagkit.errors import BadInput
from tagkit.phrases.candidates import READING, Phrase, Reading, ngrams
from tagkit.phrases.counting import CountingTagger

BOOSTED = ("phrases", "all")


class KPMiner(CountingTagger):
    """Phrases between stop words and marks that occur `least` times or more, the first within the first `cutoff` words.

    A word scores tf · ln((1 + n) / (1 + df)), with the df of the n products learnt from; a phrase of several words
    counts as not seen there, and its weight is multiplied by min(σ, N / (α · P)), N being the occurrences of all
    candidates in the product and P those of several words.

    Source: El-Beltagy and Rafea, KP-Miner: Participation in SemEval-2 (SemEval 2010). For papers it takes least = 3 and
    cutoff = 400; neither limits anything by default here because a product's text is short.

    Args:
        least: How often a candidate must occur.
        cutoff: How many words of the text may stand before the first occurrence of a candidate; None: any number.
        alpha: α of the boost.
        sigma: σ of the boost, its highest value.
        boost: Which candidates get the boost: "phrases", as in the paper, or "all", as in old versions of pke (which
            leaves their order as it is without a boost).
        max_words: How many words an English phrase may have.
    """

    name = "kpminer"
    space = READING | {"least": (1, 3), "alpha": (1.0, 5.0), "sigma": (1.0, 5.0), "boost": list(BOOSTED)}

    least: int = 1
    cutoff: int | None = None
    alpha: float = 2.3
    sigma: float = 3.0
    boost: str = "phrases"
    max_words: int = 5

    def _keys(self, reading: Reading) -> Iterable[str]:
        return (phrase.key for phrase in reading.phrases(lambda words: ngrams(words, 1)))

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        if self.boost not in BOOSTED:
            raise BadInput(f"kpminer: `boost` is one of {', '.join(BOOSTED)}, not {self.boost!r}")
        phrases = [
            phrase
            for phrase in self._phrases(reading, ngrams)
            if len(phrase.places) >= self.least and (self.cutoff is None or phrase.places[0][0] <= self.cutoff)
        ]
        all_places = sum(len(phrase.places) for phrase in phrases)
        of_phrases = sum(len(phrase.places) for phrase in phrases if len(phrase.words) > 1)
        factor = min(self.sigma, all_places / (self.alpha * max(1, of_phrases)))
        return [(phrase, self._weight(phrase, factor)) for phrase in phrases]

    def _weight(self, phrase: Phrase, factor: float) -> float:
        single = len(phrase.words) == 1
        boosted = factor if self.boost == "all" or not single else 1.0
        return boosted * len(phrase.places) * self._idf(phrase.key if single else "")
