"""Score thresholds per tag, chosen on dev."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Self

import numpy as np

from tagkit.errors import BadInput
from tagkit.parameters import PositiveInt, Probability
from tagkit.product import Product, Tag
from tagkit.refine.base import Step


class Thresholds(Step):
    """Drop a tag whose score is below the threshold of that tag, chosen on dev; rare tags share one.

    `fit` gives each tag that is gold in at least `min_count` dev products the threshold with the best F1 of that tag
    there; all other tags share the threshold with the best micro-F1 over all tags. A threshold lies half-way between
    the lowest accepted score and the next lower one (or 0), and of two equally good ones the higher is taken. Dev
    products without gold tags are left out.

    Source: score-based local thresholds (SCut) in Yang, A Study of Thresholding Strategies for Text Categorization
    (SIGIR 2001).

    Args:
        min_count: The number of dev products in which a tag must be gold to get a threshold of its own.
        default: The threshold of all tags as long as nothing was fitted, or if dev gives nothing to choose from.

    Attributes:
        thresholds_: The threshold of each frequent tag.
        default_: The threshold of all others.
    """

    name = "thresholds"
    min_count: PositiveInt = 5
    default: Probability = 0.0

    def __post_init__(self) -> None:
        """Begin with the default for all tags."""
        super().__post_init__()
        self.thresholds_: dict[str, float] = {}
        self.default_ = self.default

    def fit(self, predictions: Sequence[Sequence[Tag]], products: Sequence[Product]) -> Self:
        """Choose the thresholds.

        Args:
            predictions: The tags that the strategy predicts for the dev products.
            products: The dev products, with gold tags.

        Raises:
            BadInput: The numbers of lists and products differ.
        """
        if len(predictions) != len(products):
            raise BadInput(f"{len(predictions)} lists for {len(products)} products")
        gold_counts = Counter(tag for product in products for tag in set(product.tags))
        by_tag: dict[str, list[tuple[float, bool]]] = defaultdict(list)
        for row, product in zip(predictions, products, strict=True):
            gold = set(product.tags)
            best: dict[str, float] = {}
            for tag in row if gold else ():
                best[tag.text] = max(tag.score, best.get(tag.text, 0.0))
            for text, score in best.items():
                by_tag[text].append((score, text in gold))
        common = _best_threshold([pair for pairs in by_tag.values() for pair in pairs], gold_counts.total())
        self.default_ = self.default if common is None else common
        frequent = (text for text in sorted(by_tag) if gold_counts[text] >= self.min_count)
        chosen = {text: _best_threshold(by_tag[text], gold_counts[text]) for text in frequent}
        self.thresholds_ = {text: value for text, value in chosen.items() if value is not None}
        return self

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the tags that reach their threshold."""
        return [tag for tag in tags if tag.score >= self.thresholds_.get(tag.text, self.default_)]


def _best_threshold(pairs: Sequence[tuple[float, bool]], gold: int) -> float | None:
    """Return the threshold with the best F1, or None if no prediction is correct.

    Args:
        pairs: The score of each prediction, and whether it is correct.
        gold: Number of gold tags, predicted or not.
    """
    scores, ends = np.unique([-score for score, _ in pairs], return_inverse=True)
    if not any(correct for _, correct in pairs):
        return None
    hits = np.bincount(ends, weights=[correct for _, correct in pairs]).cumsum()
    predicted = np.bincount(ends).cumsum()
    best = int(np.argmax(2 * hits / (predicted + gold)))
    accepted = -scores[best]
    below = -scores[best + 1] if best + 1 < len(scores) else 0.0
    return float((accepted + below) / 2)
