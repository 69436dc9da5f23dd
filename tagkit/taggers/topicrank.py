"""TopicRank: PageRank over topics, which are clusters of phrases."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from scipy import sparse

from tagkit.parameters import Probability
from tagkit.phrases.base import PHRASE_SPACE, PhraseTagger
from tagkit.phrases.candidates import Document, Phrase
from tagkit.phrases.graph import pagerank
from tagkit.phrases.topics import first_occurrences, multipartite_graph, topics

Choice = Literal["first", "frequent"]


class TopicRank(PhraseTagger):
    """Keyphrases by PageRank over topics, which are clusters of phrases; one phrase represents each topic.

    Topics are average-linkage clusters of phrases by the Jaccard distance of their words. The graph of topics is
    complete; the weight between two topics is the sum of 1/gap over all pairs of occurrences of their phrases.
    Of a text with more than 5,000 occurrences of phrases only the first 5,000 are ranked.

    Args:
        threshold: The highest distance at which clusters are joined to one topic, below 1.
        choice: Which phrase represents a topic: the "first", or the most "frequent" (the first among equals).

    Source: Bougouin, Boudin and Daille, TopicRank: Graph-Based Topic Ranking for Keyphrase Extraction (IJCNLP 2013).
    """

    name = "topicrank"
    space = PHRASE_SPACE | {"threshold": (0.3, 0.95), "choice": list(get_args(Choice))}

    threshold: Probability = 0.74
    choice: Choice = "first"

    def _score(self, document: Document) -> list[tuple[Phrase, float]]:
        phrases = first_occurrences(self.candidates(document), self.name)
        if not phrases:
            return []
        topic = topics(phrases, self.threshold)
        # The weights between topics are sums of the rows and columns of the weights between phrases.
        belongs = sparse.csr_matrix((np.ones(len(phrases)), (topic, np.arange(len(phrases)))))
        weights = belongs @ (belongs @ multipartite_graph(phrases, topic, alpha=0)).T
        ranks = pagerank(weights).tolist()
        best: dict[int, Phrase] = {}
        for phrase, number in sorted(zip(phrases, topic.tolist(), strict=True), key=lambda pair: self._order(pair[0])):
            best.setdefault(number, phrase)
        return [(phrase, ranks[number]) for number, phrase in best.items()]

    def _order(self, phrase: Phrase) -> tuple[int, tuple[int, int]]:
        return (-len(phrase.places) if self.choice == "frequent" else 0, phrase.places[0])
