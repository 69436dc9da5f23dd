"""MultipartiteRank: PageRank over phrases of different topics, with a preference for each topic's first phrase."""

from __future__ import annotations

from tagkit.parameters import NonNegativeFloat, Probability
from tagkit.phrases.base import PHRASE_SPACE, PhraseTagger
from tagkit.phrases.candidates import Document, Phrase
from tagkit.phrases.graph import pagerank
from tagkit.phrases.topics import first_occurrences, multipartite_graph, topics


class MultipartiteRank(PhraseTagger):
    """Keyphrases by PageRank over a multipartite graph: edges join phrases of different topics, near ones strongly.

    Topics are average-linkage clusters of phrases by the Jaccard distance of their words. The first phrase of a topic
    gains the weights of the topic's other phrases, in the proportion `alpha`.
    Of a text with more than 5,000 occurrences of phrases only the first 5,000 are ranked.

    Args:
        threshold: The highest distance at which clusters are joined to one topic, below 1.
        alpha: How much the weights of the first phrase of a topic are raised; 0: not at all.

    Source: Boudin, Unsupervised Keyphrase Extraction with Multipartite Graphs (NAACL 2018).
    """

    name = "multipartiterank"
    space = PHRASE_SPACE | {"threshold": (0.3, 0.95), "alpha": (0.0, 2.0)}

    threshold: Probability = 0.74
    alpha: NonNegativeFloat = 1.1

    def _score(self, document: Document) -> list[tuple[Phrase, float]]:
        phrases = first_occurrences(self.candidates(document), self.name)
        if not phrases:
            return []
        graph = multipartite_graph(phrases, topics(phrases, self.threshold), self.alpha)
        return list(zip(phrases, pagerank(graph).tolist(), strict=True))
