"""FirstPhrases: the phrases of a text in the order in which they stand there."""

from __future__ import annotations

from tagkit.phrases.candidates import Phrase, Reading
from tagkit.phrases.graph import CandidateTagger


class FirstPhrases(CandidateTagger):
    """The candidates of the graph strategies, ranked by nothing but their first place: the baseline to beat.

    A phrase that begins at word n scores 1 / n, so that the first has 1.

    Source: the baseline of that name in pke (Boudin, pke: an open source python-based keyphrase extraction toolkit,
    COLING 2016, demonstrations).

    Args:
        limit: How many tags at most; None: all.
        max_words: How many words an English phrase may have; None: any number.
        max_words_zh: The same for Chinese.
        pos_filter: Whether only Chinese nouns, adjectives and the like count, and known tags; False: all content words.
        tag_words: Whether the tags of train are kept whole as words.
        english: How English is read: "words", "stems" (words with one Porter stem count as one) or "noun phrases"
            (stems, and candidates by part of speech; needs tagkit[english]).
    """

    name = "firstphrases"

    def __init__(
        self,
        limit: int | None = 10,
        max_words: int | None = 3,
        max_words_zh: int | None = 1,
        pos_filter: bool = True,
        tag_words: bool = True,
        english: str = "words",
    ) -> None:
        self.limit = limit
        self.max_words = max_words
        self.max_words_zh = max_words_zh
        self.pos_filter = pos_filter
        self.tag_words = tag_words
        self.english = english

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        return [(phrase, 1 / (1 + phrase.places[0][0])) for phrase in self._candidates(reading)]
