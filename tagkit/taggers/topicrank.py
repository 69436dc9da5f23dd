"""TopicRank: PageRank over topics, which are clusters of phrases; each good topic gives its first phrase."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from tagkit.errors import BadInput
from tagkit.phrases.candidates import READING, Phrase, Reading
from tagkit.phrases.graph import CandidateTagger, pagerank
from tagkit.taggers.multipartiterank import multipartite, topics

CHOICES = ("first", "frequent")


class TopicRank(CandidateTagger):
    """Complete graph of topics, weighted by how near their phrases stand; one phrase stands for each topic.

    Topics are average-linkage clusters of phrases by the Jaccard distance of their words. The weight between two topics
    is the sum over all places of their phrases of 1/gap.

    Source: Bougouin, Boudin and Daille, TopicRank: Graph-Based Topic Ranking for Keyphrase Extraction (IJCNLP 2013).

    Args:
        limit: How many tags at most; None: all.
        threshold: Up to which distance phrases belong to one topic.
        choice: Which phrase stands for a topic: the "first", or the most "frequent" (of equal ones the first).
        damping: How often the walk follows an edge instead of starting anew.
        max_words: How many words an English phrase may have; None: any number.
        max_words_zh: The same for Chinese.
        pos_filter: Whether only Chinese nouns, adjectives and the like count, and known tags; False: all content words.
        tag_words: Whether the tags of train are kept whole as words.
        english: How English is read: "words", "stems" (words with one Porter stem count as one) or "noun phrases"
            (stems, and candidates by part of speech; needs tagkit[english]).
    """

    name = "topicrank"
    space = READING | {"threshold": (0.3, 0.95), "choice": list(CHOICES), "damping": (0.5, 0.95)}

    def __init__(
        self,
        limit: int | None = 10,
        threshold: float = 0.74,
        choice: str = "first",
        damping: float = 0.85,
        max_words: int | None = 3,
        max_words_zh: int | None = 1,
        pos_filter: bool = True,
        tag_words: bool = True,
        english: str = "words",
    ) -> None:
        self.limit = limit
        self.threshold = threshold
        self.choice = choice
        self.damping = damping
        self.max_words = max_words
        self.max_words_zh = max_words_zh
        self.pos_filter = pos_filter
        self.tag_words = tag_words
        self.english = english

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        if self.choice not in CHOICES:
            raise BadInput(f"topicrank: `choice` is one of {', '.join(CHOICES)}, not {self.choice!r}")
        phrases = self._candidates(reading)
        if not phrases:
            return []
        topic = topics(phrases, self.threshold)
        # One row a topic: summing rows and columns of the weights between phrases gives those between topics.
        members = sparse.csr_matrix((np.ones(len(phrases)), (topic, np.arange(len(phrases)))))
        weights = members @ (members @ multipartite(phrases, topic, alpha=0)).T
        ranks = pagerank(weights, self.damping).tolist()
        chosen: dict[int, Phrase] = {}
        for phrase, number in sorted(zip(phrases, topic.tolist(), strict=True), key=lambda pair: self._order(pair[0])):
            chosen.setdefault(number, phrase)
        return [(phrase, ranks[number]) for number, phrase in chosen.items()]

    def _order(self, phrase: Phrase) -> tuple[int, tuple[int, int]]:
        return (-len(phrase.places) if self.choice == "frequent" else 0, phrase.places[0])
