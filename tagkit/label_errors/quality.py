"""How probable it is that the tags of a product are right, from scores that were computed without these tags."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tagkit.errors import BadInput
from tagkit.product import Product, Tag

FORGETTING = 0.8
"""The lowest of the qualities of a product's tags has this weight, the next one this share of what is left, ..."""


def label_quality(products: Sequence[Product], lists_of_scores: Sequence[Sequence[Tag]]) -> NDArray[np.float64]:
    """Return for each product how well its own tags agree with scores, the lowest for those to look at first.

    A tag that the product has is as good as its score; one that it lacks is as good as its score is low. The qualities
    of all tags are averaged with weights that fall from the lowest on (0.8, 0.16, 0.032, ...), which is the exponential
    moving average of cleanlab's multi-label scorer, without its table of products times tags.

    Args:
        products: Products with the tags that are to be checked.
        lists_of_scores: For each product tags with scores from 0 to 1 that are probabilities, as a strategy gives them
            that has not seen these tags of this product. A tag that is not in the list has the score 0.

    Returns:
        Shape (products,), from 0 to 1; 1 for a product without tags, in which there is nothing to check.

    Raises:
        BadInput: There are not as many lists as products.

    Source: Thyagarajan et al., Identifying Incorrect Annotations in Multi-Label Classification Data (2022).
    """
    if len(products) != len(lists_of_scores):
        raise BadInput(f"there are {len(products)} products and {len(lists_of_scores)} lists of scores")
    return np.array([_quality(product, row) for product, row in zip(products, lists_of_scores, strict=True)])


def _quality(product: Product, row: Sequence[Tag]) -> float:
    given = set(product.tags)
    if not given:
        return 1.0
    scores: dict[str, float] = {}
    for tag in row:
        scores[tag.text] = max(scores.get(tag.text, 0.0), tag.score)
    found = [scores.get(tag, 0.0) for tag in given]
    found += [1.0 - score for tag, score in scores.items() if tag not in given]
    average = 1.0  # of all the tags that are neither given nor in the list
    for quality in sorted(found, reverse=True):
        average = FORGETTING * quality + (1 - FORGETTING) * average
    return average
