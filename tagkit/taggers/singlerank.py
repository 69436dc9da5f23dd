"""SingleRank: PageRank over words that meet within ten words, weighted by how often; phrases score the sum."""

from __future__ import annotations

from tagkit.phrases.candidates import READING, Phrase, Reading
from tagkit.phrases.graph import GraphTagger, by_sum, pagerank, word_graph


class SingleRank(GraphTagger):
    """Weighted word graph, window 10; a phrase scores the sum of its words.

    Source: Wan and Xiao, CollabRank: Towards a Collaborative Approach to Single-Document Keyphrase Extraction
    (COLING 2008).

    Args:
        limit: How many tags at most; None: all.
        window: How many words a window of the graph holds.
        damping: How often the walk follows an edge instead of starting anew.
        max_words: How many words an English phrase may have; None: any number.
        max_words_zh: The same for Chinese.
        pos_filter: Whether only Chinese nouns, adjectives and the like count, and known tags; False: all content words.
        tag_words: Whether the tags of train are kept whole as words.
        english: How English is read: "words", "stems" (words with one Porter stem count as one) or "noun phrases"
            (stems, and candidates by part of speech; needs tagkit[english]).
    """

    name = "singlerank"
    space = READING | {"window": (2, 15), "damping": (0.5, 0.95)}

    def __init__(
        self,
        limit: int | None = 10,
        window: int = 10,
        damping: float = 0.85,
        max_words: int | None = 3,
        max_words_zh: int | None = 1,
        pos_filter: bool = True,
        tag_words: bool = True,
        english: str = "words",
    ) -> None:
        self.limit = limit
        self.window = window
        self.damping = damping
        self.max_words = max_words
        self.max_words_zh = max_words_zh
        self.pos_filter = pos_filter
        self.tag_words = tag_words
        self.english = english

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        forms, graph = word_graph(reading.words, self.window)
        scores = dict(zip(forms, pagerank(graph, self.damping).tolist(), strict=True))
        return by_sum(self._candidates(reading), scores)
