"""TextRank: PageRank over words that stand side by side; the best third of them joined to phrases."""

from __future__ import annotations

from tagkit.errors import BadInput
from tagkit.phrases.candidates import READING, Phrase, Reading, longest
from tagkit.phrases.graph import GraphTagger, by_sum, pagerank, word_graph


class TextRank(GraphTagger):
    """Unweighted word graph, window 2; the best words are kept, and those that stand side by side form phrases.

    Source: Mihalcea and Tarau, TextRank: Bringing Order into Text (EMNLP 2004). A phrase scores the sum of its words.

    Args:
        window: How many words a window of the graph holds.
        damping: How often the walk follows an edge instead of starting anew.
        top: Which share of the words is kept, at least one word; None: all, so that the candidates are those of
            SingleRank.
        ties: Which of equal phrases comes first, the one that stands "first" or "last" in the text. With windows of 2
            many are equal. pke takes the last, by a small bonus for late phrases.
    """

    name = "textrank"
    space = READING | {"window": (2, 10), "damping": (0.5, 0.95), "top": [1 / 3, 1 / 2, 2 / 3, None]}

    window: int = 2
    damping: float = 0.85
    top: float | None = 1 / 3
    ties: str = "first"

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        if self.ties not in ("first", "last"):
            raise BadInput(f"textrank: `ties` is first or last, not {self.ties!r}")
        forms, graph = word_graph(reading.words, self.window, weighted=False)
        scores = dict(zip(forms, pagerank(graph, self.damping).tolist(), strict=True))
        if self.top is None:
            return by_sum(self._candidates(reading), scores)
        best = self._best(scores, self.top)
        return by_sum(reading.phrases(lambda words: longest(words, self._most(reading), best)), scores)

    def _best(self, scores: dict[str, float], top: float) -> set[str]:
        """Return the share of the words that is kept; of equal ones the earlier."""
        if not 0 < top <= 1:
            raise BadInput(f"textrank: `top` is a share above 0 and up to 1, not {top!r}")
        return set(sorted(scores, key=lambda form: -scores[form])[: max(1, int(len(scores) * top))])
