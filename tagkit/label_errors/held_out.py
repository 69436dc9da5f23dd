"""How probable each tag of a product is, from everything but the tags of that product.

For each product a ridge regression on the words and character n-grams of the others gives every tag a score
(leave-one-out, in closed form), and the 15 most similar other products vote. A logistic regression turns both, with
whether the tag is in the text and how frequent it is, into a probability; it is fitted on one half of the products and
used on the other. Pairs of a product and a tag are kept where the product has the tag, or where the tag is among the 20
that the regression or the votes put first; all others have the probability 0. The logistic regression is fitted on
these pairs and on others drawn at random, each of which stands for as many as it was drawn from.

Memory is bounded by blocks: products are split at random into chunks of at most `CHUNK`, each of which has one matrix
of 8 · CHUNK² bytes (128 MB), and `BLOCK` products times all tags are worked on at a time. What is kept grows with the
products alone: some 45 pairs for each. For 20,000 products with 3,000 tags that is less than 280 MB, which is tested,
where one table of products times tags has 480 MB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from tagkit.errors import BadInput
from tagkit.features import TextFeatures, targets, votes
from tagkit.product import Product, Tag, Tags
from tagkit.progress import announced
from tagkit.taggers.dual_ridge import DualRidge
from tagkit.text.present import is_present

CHUNK = 4_000
"""At most so many products are compared with each other."""
BLOCK = 256
"""So many products times all tags are worked on at a time."""
PENALTY = 1.0
"""Of the ridge regression."""
NEIGHBOURS, TEMPERATURE = 15, 0.15
"""How many similar products vote, and the temperature of their votes, as `BaseScores` has them."""
CANDIDATES = 20
"""So many tags of each list are kept beside those that a product has."""
DRAWN = 20
"""So many other pairs of each product are drawn to fit the logistic regression on."""
LEAST = 1e-3
"""Scores are at least this, and at most 1 minus this, before their logarithm is taken."""
FEWEST = 10
"""Of fewer tagged products nothing can be said."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """Pairs of a product and a tag with their held-out scores, product after product.

    Attributes:
        products: The products with tags, to which `rows` refers.
        tags: Their tags, to which `columns` refers.
        rows, columns: Of each pair the product and the tag.
        given: Whether the product has the tag.
        score: The probability that it should, from 0 to 1.
        votes: The share of the votes of similar products that have the tag, from 0 to 1.
        present: Whether the tag is in the text.
        share: The share of all other products that have the tag.
        linear: The score of the ridge regression alone, about 0 to 1.
    """

    products: tuple[Product, ...]
    tags: tuple[str, ...]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    given: NDArray[np.bool_]
    score: Floats
    votes: Floats
    present: NDArray[np.bool_]
    share: Floats
    linear: Floats

    def lists(self) -> Tags:
        """Return the scores as lists of tags, one for each product, the best first."""
        out: Tags = [[] for _ in self.products]
        for at in np.lexsort((-self.score, self.rows)):
            out[self.rows[at]].append(Tag(self.tags[self.columns[at]], float(self.score[at]), "held-out"))
        return out


def held_out(products: Sequence[Product]) -> Cells:
    """Return the held-out scores of the products that have tags.

    Args:
        products: The products; those without tags are left out.

    Raises:
        BadInput: Fewer than 10 have tags, or no text has a word.
    """
    tagged = tuple(product for product in products if product.tags)
    if len(tagged) < FEWEST:
        raise BadInput(f"errors are found by comparing products: {FEWEST} tagged ones are needed, not {len(tagged)}")
    tags = tuple(sorted({tag for product in tagged for tag in product.tags}))
    x = TextFeatures(min_count=2).fit(tagged, tags)
    return score_cells(tagged, tags, x, targets(tagged, tags))


def score_cells(
    products: tuple[Product, ...], tags: tuple[str, ...], x: sparse.csr_matrix, y: sparse.csr_matrix
) -> Cells:
    """Return the held-out scores of products with these features.

    Args:
        products: The products.
        tags: Their tags.
        x: Their features, shape (products, d).
        y: Which product has which tag, shape (products, tags), ones and zeros.
    """
    count = len(products)
    order = np.random.default_rng(0).permutation(count)
    chunks = np.array_split(order, -(-count // CHUNK))
    made = announced(
        (part for chunk in chunks for part in _chunk(chunk, x, y)),
        [len(block) for chunk in chunks for block in _blocks(chunk)],
        f"comparing {count:,} products with each other",
    )
    found = np.concatenate(list(made))
    found = found[np.lexsort((found["column"], found["row"]))]
    rows, columns, linear, voted = (found[name] for name in ("row", "column", "linear", "votes"))
    given = np.asarray(y[rows, columns]).ravel() > 0
    others = np.asarray(y.sum(0)).ravel()[columns] - given
    present = np.array([is_present(tags[c], products[r].text) for r, c in zip(rows, columns, strict=True)], dtype=bool)
    features = np.stack(
        [linear, _logit(linear), voted, _logit(voted), present, present * linear, np.log1p(others)], axis=1
    )
    score = _probabilities(features, given, found["weight"], rows % 2 == 0)
    share = others / max(1, count - 1)
    kept = found["weight"] == 1
    parts = (rows, columns, given, score, voted, present, share, linear)
    return Cells(products, tags, *(part[kept] for part in parts))


PAIR = np.dtype([("row", "i8"), ("column", "i8"), ("linear", "f8"), ("votes", "f8"), ("weight", "f8")])
"""A pair of a product and a tag; the weight is 1 for those to keep, more for those drawn at random."""


def _chunk(chunk: NDArray[np.int64], x: sparse.csr_matrix, y: sparse.csr_matrix) -> Iterator[NDArray[Any]]:
    """Yield the pairs of each block of a chunk."""
    random = np.random.default_rng(1)
    own_x, own_y = x[chunk], y[chunk].tocsr()
    ridge = DualRidge(own_x, own_y, np.asarray(own_y.mean(axis=0), dtype=np.float32).ravel(), [PENALTY])
    by_feature = own_x.T.tocsr()
    for block in _blocks(chunk):
        scores = ridge.held_out(block).astype(np.float64)
        likeness = np.round((own_x[block] @ by_feature).toarray(), 5)
        likeness[np.arange(len(block)), block] = -np.inf
        voted = np.stack([_votes(own_y, row) for row in likeness])
        weight = (own_y[block].toarray() > 0).astype(np.float64)
        for table in (scores, voted):
            best = np.argpartition(-table, min(CANDIDATES, table.shape[1] - 1), axis=1)[:, :CANDIDATES]
            np.put_along_axis(weight, best, 1, axis=1)
        left = (weight == 0).sum(axis=1, keepdims=True)
        drawn = (weight == 0) & (random.random(weight.shape, dtype=np.float32) * left < DRAWN)
        weight = np.where(drawn, np.maximum(left / DRAWN, 1 + LEAST), weight)
        at, columns = np.nonzero(weight)
        pairs = np.empty(len(at), PAIR)
        pairs["row"], pairs["column"], pairs["weight"] = chunk[block[at]], columns, weight[at, columns]
        pairs["linear"], pairs["votes"] = scores[at, columns], voted[at, columns]
        yield pairs


def _blocks(chunk: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the positions within a chunk, block after block."""
    return [np.arange(start, min(start + BLOCK, len(chunk))) for start in range(0, len(chunk), BLOCK)]


def _votes(y: sparse.csr_matrix, likeness: Floats) -> Floats:
    count = min(NEIGHBOURS, len(likeness) - 1)
    nearest = np.argpartition(-likeness, count - 1)[:count]
    nearest = nearest[np.argsort(-likeness[nearest], kind="stable")]
    return votes(y, nearest, likeness[nearest], TEMPERATURE)


def _probabilities(features: Floats, given: NDArray[np.bool_], weight: Floats, half: NDArray[np.bool_]) -> Floats:
    """Return the probability of each pair, from a regression that is fitted on the half in which it is not."""
    scale = features.std(axis=0)
    features = (features - features.mean(axis=0)) / np.where(scale > 0, scale, 1)
    out = np.empty(len(given))
    for part in (half, ~half):
        known = given[~part]
        if 0 < known.sum() < len(known):
            model = LogisticRegression(max_iter=1000).fit(features[~part], known, weight[~part])
            out[part] = model.predict_proba(features[part])[:, 1]
        else:  # every product has every tag
            out[part] = known.mean() if len(known) else 1.0
    return out


def _logit(score: Floats) -> Floats:
    clipped = np.clip(score, LEAST, 1 - LEAST)
    return np.log(clipped / (1 - clipped))
