"""SingleRank: PageRank over words that occur near each other, weighted by how often."""

from __future__ import annotations

from tagkit.parameters import PositiveInt
from tagkit.phrases.base import PHRASE_SPACE, PhraseTagger
from tagkit.phrases.candidates import Document, Phrase
from tagkit.phrases.graph import rank_words, sum_scores


class SingleRank(PhraseTagger):
    """Keyphrases by PageRank over a word graph weighted by co-occurrence; a phrase scores the sum of its words.

    Args:
        window: The number of words in a window of the graph.

    Source: Wan and Xiao, CollabRank: Towards a Collaborative Approach to Single-Document Keyphrase Extraction
    (COLING 2008).
    """

    name = "singlerank"
    space = PHRASE_SPACE | {"window": (2, 15)}

    window: PositiveInt = 10

    def _score(self, document: Document) -> list[tuple[Phrase, float]]:
        return sum_scores(self.candidates(document), rank_words(document.words, self.window))
