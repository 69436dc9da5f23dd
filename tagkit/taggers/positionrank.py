"""PositionRank: SingleRank whose walk prefers words that stand early and often."""

from __future__ import annotations

import numpy as np

from tagkit.phrases.candidates import READING, Phrase, Reading
from tagkit.phrases.graph import GraphTagger, by_sum, pagerank, word_graph


class PositionRank(GraphTagger):
    """Weighted word graph; the walk restarts at a word by the sum of 1/position over all its places.

    Positions count all words of the text from 1. A phrase scores the sum of its words.

    Source: Florescu and Caragea, PositionRank: An Unsupervised Approach to Keyphrase Extraction from Scholarly
    Documents (ACL 2017).

    Args:
        window: How many words a window of the graph holds.
        damping: How often the walk follows an edge instead of starting anew.
    """

    name = "positionrank"
    space = READING | {"window": (2, 15), "damping": (0.5, 0.95)}

    window: int = 10
    damping: float = 0.85

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        forms, graph = word_graph(reading.words, self.window)
        early = dict.fromkeys(forms, 0.0)
        for position, word in enumerate(reading.words, start=1):
            if word.keep:
                early[word.form] += 1 / position
        ranks = pagerank(graph, self.damping, np.array(list(early.values())))
        return by_sum(self._candidates(reading), dict(zip(forms, ranks.tolist(), strict=True)))
