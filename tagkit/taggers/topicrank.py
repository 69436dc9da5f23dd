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
        threshold: Up to which distance phrases belong to one topic.
        choice: Which phrase stands for a topic: the "first", or the most "frequent" (of equal ones the first).
        damping: How often the walk follows an edge instead of starting anew.
    """

    name = "topicrank"
    space = READING | {"threshold": (0.3, 0.95), "choice": list(CHOICES), "damping": (0.5, 0.95)}

    threshold: float = 0.74
    choice: str = "first"
    damping: float = 0.85

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
