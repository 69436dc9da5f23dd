"""How well tags agree with scores that were computed without them: of one tag of a product, and of a whole product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagkit.errors import BadInput
from tagkit.product import Product, Tag

PRIOR = 0.01
"""What is added to the share of products that have a tag; chosen by `benchmarks/label_errors.py`."""
Floats = NDArray[np.float64]


def tag_quality(score: Any, given: Any, share: Any) -> Any:
    """Return how well pairs of a product and a tag agree with their scores, from 0 (an error) to 1.

    A tag that a product lacks is as good as its score is low. A tag that it has is measured by how often products have
    the tag at all: a rare tag that gets 0.02 where one product in a thousand has it is well supported, and a tag of
    every third product that gets 0.02 is probably wrong.

    Args:
        score: The probability that the product should have the tag.
        given: Whether it has it.
        share: The share of products that have it. All three are numbers or arrays of one shape.
    """
    return np.where(given, np.minimum(1.0, score / (share + PRIOR)), 1.0 - np.asarray(score))


def label_quality(products: Sequence[Product], lists_of_scores: Sequence[Sequence[Tag]]) -> Floats:
    """Return for each product how good its worst tag is, the lowest for the products to look at first.

    Args:
        products: Products with the tags that are to be checked; how frequent a tag is, is counted in them.
        lists_of_scores: For each product tags with scores from 0 to 1 that are probabilities, as a strategy gives them
            that has not seen these tags of this product. A tag that is not in the list has the score 0.

    Returns:
        Shape (products,), from 0 to 1; 1 for a product without tags, in which there is nothing to check.

    Raises:
        BadInput: There are not as many lists as products.
    """
    if len(products) != len(lists_of_scores):
        raise BadInput(f"there are {len(products)} products and {len(lists_of_scores)} lists of scores")
    counts = Counter(tag for product in products for tag in set(product.tags))
    out = np.ones(len(products))
    for at, (product, row) in enumerate(zip(products, lists_of_scores, strict=True)):
        if given := set(product.tags):
            scores = dict.fromkeys(given, 0.0)
            for tag in row:
                scores[tag.text] = max(scores.get(tag.text, 0.0), tag.score)
            texts = list(scores)
            share = np.array([counts[text] / len(products) for text in texts])
            values = np.array([scores[text] for text in texts])
            out[at] = tag_quality(values, np.array([text in given for text in texts]), share).min()
    return out
