"""The methods by which words are found that count, by name."""

from __future__ import annotations

import hashlib
import inspect
import random
from dataclasses import replace

from tagkit.attribution import word_spans
from tagkit.errors import BadInput, did_you_mean
from tagkit.explanation import Explanation, words_at
from tagkit.product import Product
from tagkit.tagger import Tagger

GRADIENTS = ("integrated gradients", "gradient × input")
"""Methods of the strategies with networks."""
METHODS = ("occlusion", "random", *GRADIENTS)


def by_method(tagger: Tagger, product: Product, tag: str, method: str | None) -> Explanation:
    """Return the explanation of a strategy.

    Args:
        tagger: The fitted strategy.
        product: The product.
        tag: The tag.
        method: A name from `METHODS`; None: the strategy's own.

    Raises:
        BadInput: There is no such method, or the strategy has no gradients.
    """
    if method is None:
        return tagger._explain(product, tag)
    if method not in METHODS:
        hint = did_you_mean(method, METHODS)
        raise BadInput(f"`method`: {method!r} is unknown{hint}; there are: {', '.join(METHODS)}")
    if method == "random":
        return _at_random(tagger, product, tag)
    if "method" in inspect.signature(tagger._explain).parameters:
        return tagger._explain(product, tag, method=method)  # type: ignore[call-arg]
    if method in GRADIENTS:
        raise BadInput(f"`method`: {tagger.name} is no network and has no gradients: use occlusion, or its own method")
    return tagger._by_occlusion(product, tag)


def _at_random(tagger: Tagger, product: Product, tag: str) -> Explanation:
    """Return weights from -1 to 1 drawn at random, the same for the same text and tag: what others are measured by."""
    score = tagger.score_of([product], tag)[0]
    draw = random.Random(hashlib.sha256(f"{product.text}\n{tag}".encode()).hexdigest())
    words = words_at(product.text, ((at.start, at.end, draw.uniform(-1, 1)) for at in word_spans(product)))
    made = Explanation(product.text, tag, score, score > 0, tagger.name, "random", words)
    return replace(made, facts={"weights": "drawn at random; they explain nothing"})
