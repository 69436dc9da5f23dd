"""The scores of a strategy in place of those of `held_out`: what it gives to products that it has not seen."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tagkit.label_errors.held_out import Cells
from tagkit.pipeline import Pipeline
from tagkit.product import Product, Tags
from tagkit.progress import announced
from tagkit.tagger import Tagger
from tagkit.taggers import create
from tagkit.text.present import is_present

FOLDS = 5
"""An unfitted strategy is fitted so many times, each time without a part of the products, which it then tags."""


def scored_by(tagger: str | Tagger | Pipeline, cells: Cells) -> Cells:
    """Return pairs with the scores of a strategy: those that products have, and those that the strategy gives.

    A tag that the strategy does not give to a product has the score 0 there. Votes stay those of similar products, 0
    for pairs of which none are known.

    Args:
        tagger: A strategy by name or unfitted, which is fitted on four fifths of the products to tag the last fifth; or
            a fitted one or a pipeline, which should not have seen these products.
        cells: The pairs with the scores of `held_out`.
    """
    place = {tag: number for number, tag in enumerate(cells.tags)}
    scores: dict[tuple[int, int], float] = {
        (row, place[tag]): 0.0 for row, product in enumerate(cells.products) for tag in product.tags
    }
    for row, found in enumerate(_lists(tagger, cells.products)):
        for tag in found:
            if tag.text in place:
                key = row, place[tag.text]
                scores[key] = max(scores.get(key, 0.0), tag.score)
    pairs = sorted(scores)
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    has = [set(product.tags) for product in cells.products]
    given = np.array([cells.tags[column] in has[row] for row, column in pairs], dtype=bool)
    counts = np.bincount([place[tag] for tags in has for tag in tags], minlength=len(cells.tags))
    known = {(row, column): at for at, (row, column) in enumerate(zip(cells.rows, cells.columns, strict=True))}
    at = [known.get(pair, -1) for pair in pairs]
    votes, linear = (np.array([part[n] if n >= 0 else 0.0 for n in at]) for part in (cells.votes, cells.linear))
    return replace(
        cells,
        rows=rows,
        columns=columns,
        given=given,
        score=np.array([scores[pair] for pair in pairs]),
        votes=votes,
        present=np.array([is_present(cells.tags[c], cells.products[r].text) for r, c in pairs], dtype=bool),
        share=(counts[columns] - given) / max(1, len(cells.products) - 1),
        linear=linear,
    )


def _lists(tagger: str | Tagger | Pipeline, products: Sequence[Product]) -> Tags:
    """Return the tags that a strategy gives to products, of an unfitted one held out."""
    made = create(tagger) if isinstance(tagger, str) else tagger
    if isinstance(made, Pipeline) or made.__sklearn_is_fitted__():
        return made.predict(products)
    order = random.Random(0).sample(range(len(products)), len(products))
    parts = [order[first::FOLDS] for first in range(FOLDS)]
    what = f"fitting {made.name} on four fifths of the products, {FOLDS} times"
    out: Tags = [[] for _ in products]
    for part in announced(parts, [len(part) for part in parts], what):
        left = set(part)
        fitted = made.clone().fit([one for at, one in enumerate(products) if at not in left])
        for at, found in zip(part, fitted.predict([products[at] for at in part]), strict=True):
            out[at] = found
    return out
