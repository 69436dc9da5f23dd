"""SingleRank: PageRank over words that meet within ten words, weighted by how often; phrases score the sum."""

from __future__ import annotations

from tagkit.phrases.candidates import READING, Phrase, Reading
from tagkit.phrases.graph import GraphTagger, by_sum, pagerank, word_graph


class SingleRank(GraphTagger):
    """Weighted word graph, window 10; a phrase scores the sum of its words.

    Source: Wan and Xiao, CollabRank: Towards a Collaborative Approach to Single-Document Keyphrase Extraction
    (COLING 2008).

    Args:
        window: How many words a window of the graph holds.
        damping: How often the walk follows an edge instead of starting anew.
    """

    name = "singlerank"
    space = READING | {"window": (2, 15), "damping": (0.5, 0.95)}

    window: int = 10
    damping: float = 0.85

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        forms, graph = word_graph(reading.words, self.window)
        scores = dict(zip(forms, pagerank(graph, self.damping).tolist(), strict=True))
        return by_sum(self._candidates(reading), scores)
