"""Put the tags into an order that trades score against repetition (maximal marginal relevance)."""

from __future__ import annotations

from tagkit.errors import BadInput
from tagkit.product import Product, Tag
from tagkit.refine.base import Step
from tagkit.text.ngrams import char_ngrams, jaccard


class Diversity(Step):
    """Maximal marginal relevance: take again and again the tag that scores well and is unlike those taken before.

    The worth of a tag is (1 - diversity) · score - diversity · similarity to the most similar tag taken before, with
    the Jaccard similarity of character bigrams. Nothing is dropped and no score is changed: the order is the result,
    and no later step sorts again. Equal worth: the better rank goes first.

    Source: Carbonell and Goldstein, The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing
    Summaries (SIGIR 1998).

    Args:
        diversity: From 0 (by score alone) to 1 (by unlikeness alone).

    Raises:
        BadInput: `diversity` lies outside [0, 1].
    """

    name = "diversity"

    def __init__(self, diversity: float = 0.3) -> None:
        if not 0 <= diversity <= 1:
            raise BadInput(f"diversity lies between 0 and 1, not at {diversity!r}")
        self.diversity = diversity

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return all tags in the new order."""
        grams = [frozenset(char_ngrams(tag.text, 2)) for tag in tags]
        closest = [0.0] * len(tags)
        left = list(range(len(tags)))
        order: list[int] = []
        while left:
            best = max(left, key=lambda i: (1 - self.diversity) * tags[i].score - self.diversity * closest[i])
            left.remove(best)
            order.append(best)
            for i in left:
                closest[i] = max(closest[i], jaccard(grams[i], grams[best]))
        return [tags[i] for i in order]
