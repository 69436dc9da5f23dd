"""Whether the words of an explanation are those that the score depends on: comprehensiveness and sufficiency."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tagkit.attribution import without, word_spans
from tagkit.explanation import Word
from tagkit.product import Product
from tagkit.tags import Span

BINS = (0.01, 0.05, 0.1, 0.2, 0.5)
"""The shares of a text's words that are taken as its rationale."""


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """How faithful the words of an explanation are, as means over the bins (AOPC).

    Attributes:
        comprehensiveness: By how much the score falls without the strongest words; the higher, the better.
        sufficiency: By how much it falls with the strongest words alone; the lower, the better.
    """

    comprehensiveness: float
    sufficiency: float


def faithfulness(
    product: Product, rankings: Sequence[Sequence[Word]], score: Callable[[Sequence[Product]], Sequence[float]]
) -> list[Faithfulness]:
    """Return how faithful several explanations of one score are.

    The words are ordered by their weights, the highest first; the rationale of a bin is the first of them, as many as
    the bin's share of all words of the text, rounded up, at least one. A removed word is replaced by blanks. In a text
    of up to 20 words the bins of 1 and 5 % are thus the first word alike.

    Args:
        product: The product.
        rankings: The words with weights of each explanation; words of the text that are missing have the weight 0.
        score: Returns the score of the tag for each of several products; it is called once.

    Source: DeYoung et al., ERASER: A Benchmark to Evaluate Rationalized NLP Models (ACL 2020).
    """
    words = word_spans(product)
    if not words:
        return [Faithfulness(0.0, 0.0) for _ in rankings]
    variants: dict[frozenset[Span], Product] = {frozenset(): product}
    asked = []
    for ranking in rankings:
        order = _ordered(words, ranking)
        bins = []
        for share in BINS:
            count = math.ceil(share * len(order) - 1e-9)
            first, rest = frozenset(order[:count]), frozenset(order[count:])
            for removed in (first, rest):
                variants.setdefault(removed, without(product, removed))
            bins.append((first, rest))
        asked.append(bins)
    found = dict(zip(variants, score(list(variants.values())), strict=True))
    whole = found[frozenset()]
    return [
        Faithfulness(
            float(np.mean([whole - found[first] for first, _ in bins])),
            float(np.mean([whole - found[rest] for _, rest in bins])),
        )
        for bins in asked
    ]


def _ordered(words: Sequence[Span], ranking: Sequence[Word]) -> list[Span]:
    """Return the words of a text by their weights; of equal ones the first comes first.

    A word gets the weight of the stretches that overlap it.
    """
    weights = []
    for span in words:
        over = [word.weight for word in ranking if word.start < span.end and word.end > span.start]
        weights.append(max(over, key=abs, default=0.0))
    return [words[at] for at in sorted(range(len(words)), key=lambda at: (-weights[at], at))]
