"""FirstPhrases: the phrases of a text in the order in which they stand there."""

from __future__ import annotations

from tagkit.phrases.candidates import Phrase, Reading
from tagkit.phrases.graph import CandidateTagger


class FirstPhrases(CandidateTagger):
    """The candidates of the graph strategies, ranked by nothing but their first place: the baseline to beat.

    A phrase that begins at word n scores 1 / n, so that the first has 1.

    Source: the baseline of that name in pke (Boudin, pke: an open source python-based keyphrase extraction toolkit,
    COLING 2016, demonstrations).

    """

    name = "firstphrases"

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        return [(phrase, 1 / (1 + phrase.places[0][0])) for phrase in self._candidates(reading)]
