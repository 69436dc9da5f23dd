"""TextRank: PageRank over neighbouring words; the best words are joined to phrases."""

from __future__ import annotations

from typing import Literal

from tagkit.parameters import PositiveInt, Share
from tagkit.phrases.base import PHRASE_SPACE, PhraseTagger
from tagkit.phrases.candidates import Document, Phrase, longest
from tagkit.phrases.graph import rank_words, sum_scores


class TextRank(PhraseTagger):
    """Keyphrases by PageRank over an unweighted word graph; the best words are joined to phrases.

    The best words are kept, and those that are adjacent in the text form a phrase, scored by the sum of its words.

    Args:
        window: The number of words in a window of the graph; 2 connects only neighbours.
        top: The share of the words that is kept, at least one word; None: all, so that the candidates are those of
            SingleRank.
        ties: Which of several phrases with equal scores is first: the "first" or the "last" in the text. With a window
            of 2 many scores are equal. pke takes the last, by a small bonus for late phrases.

    Source: Mihalcea and Tarau, TextRank: Bringing Order into Text (EMNLP 2004).
    """

    name = "textrank"
    space = PHRASE_SPACE | {"window": (2, 10), "top": [1 / 3, 1 / 2, 2 / 3, None]}

    window: PositiveInt = 2
    top: Share | None = 1 / 3
    ties: Literal["first", "last"] = "first"

    def _score(self, document: Document) -> list[tuple[Phrase, float]]:
        scores = rank_words(document.words, self.window, weighted=False)
        if self.top is None:
            return sum_scores(self.candidates(document), scores)
        best = sorted(scores, key=lambda form: -scores[form])[: max(1, int(len(scores) * self.top))]
        positions = longest(document.words, self._max_words(document), set(best))
        return sum_scores(document.phrases(positions), scores)
