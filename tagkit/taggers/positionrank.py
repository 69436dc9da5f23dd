"""PositionRank: SingleRank with a random walk that prefers words that occur early and often."""

from __future__ import annotations

from collections import defaultdict

from tagkit.parameters import PositiveInt
from tagkit.phrases.base import PHRASE_SPACE, PhraseTagger
from tagkit.phrases.candidates import Document, Phrase
from tagkit.phrases.graph import rank_words, sum_scores


class PositionRank(PhraseTagger):
    """Keyphrases by PageRank over a weighted word graph that prefers words that occur early and often.

    The random walk restarts at a word with a weight of the sum of 1/position over all its occurrences, where positions
    count all words of the text from 1. A phrase scores the sum of its words.

    Args:
        window: The number of words in a window of the graph.

    Source: Florescu and Caragea, PositionRank: An Unsupervised Approach to Keyphrase Extraction from Scholarly
    Documents (ACL 2017).
    """

    name = "positionrank"
    space = PHRASE_SPACE | {"window": (2, 15)}

    window: PositiveInt = 10

    def _score(self, document: Document) -> list[tuple[Phrase, float]]:
        restart: dict[str, float] = defaultdict(float)
        for position, word in enumerate(document.words, start=1):
            if word.keep:
                restart[word.form] += 1 / position
        scores = rank_words(document.words, self.window, restart=restart)
        return sum_scores(self.candidates(document), scores)
