"""FirstPhrases: the phrases of a text in their order of occurrence."""

from __future__ import annotations

from tagkit.phrases.base import PhraseTagger
from tagkit.phrases.candidates import Document, Phrase


class FirstPhrases(PhraseTagger):
    """Keyphrase baseline: candidate phrases ranked by their first occurrence alone.

    A phrase that begins at word n of the text has the score 1 / n before scores are divided by the highest.

    Source: the baseline of this name in pke (Boudin, pke: an open source python-based keyphrase extraction toolkit,
    COLING 2016, demonstrations).
    """

    name = "firstphrases"

    def _score(self, document: Document) -> list[tuple[Phrase, float]]:
        return [(phrase, 1 / (1 + phrase.places[0][0])) for phrase in self.candidates(document)]
