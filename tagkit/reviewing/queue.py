"""The order in which products are reviewed: each order is one function, found by its name in `ORDERS`.

An order ranks the products of a `Pool` by what the review of each would tell. What small-text 1.4.1 has for several
labels is not used, since it does not fit: its `CategoryVectorInconsistencyAndRanking` compares every product with every
reviewed one over all tags in dense arrays, and takes the positions of a sorted column for ranks;
its `greedy_coreset` computes the distances to all centres again for every new one; and both choose a set instead of
ranking it. `diverse` below is the same greedy k-centre with the distances kept.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagkit.errors import BadInput, UnknownName, did_you_mean
from tagkit.label_errors.quality import label_quality
from tagkit.product import Product, Tag, Tags

DEFAULT = "diverse"
"""The order that is used where none is named: the one with the highest F1 on dev in `benchmarks/review.py`."""
CENTRES = 1000
"""`diverse` looks for so many centres; the products that follow are ranked by their distance to the nearest one."""
SAMPLE = 2_000
"""Of more products `diverse` ranks so many, drawn at random, by their texts; the others follow at random."""
FEATURES, SIZE = 2**16, 64
"""The character n-grams and the length of the vectors that texts get where none are given."""


@dataclass(frozen=True)
class Pool:
    """The products to rank, and what is known about them.

    Attributes:
        products: The products; their `tags` are the given ones, if any.
        suggested: The tags that are suggested for each, with scores; may be empty for orders that need none.
        members: The tags of each sub-tagger for all products; see `members_of`.
        vectors: One row for each product, shape (products, size); None: made of the character n-grams of the texts.
        reviewed: The positions of products that are reviewed already: they come last.
        seed: For what is drawn at random.
    """

    products: Sequence[Product]
    suggested: Sequence[Sequence[Tag]] = ()
    members: Sequence[Sequence[Sequence[Tag]]] = ()
    vectors: NDArray[Any] | None = None
    reviewed: Sequence[int] = ()
    seed: int = 0


Order = Callable[[Pool], list[int]]


def ranking(name: str, pool: Pool) -> list[int]:
    """Return the positions of all products in an order, those reviewed already at the end.

    Args:
        name: A key of `ORDERS`.
        pool: The products.

    Raises:
        UnknownName: There is no such order.
        BadInput: The pool lacks what the order needs.
    """
    if name not in ORDERS:
        raise UnknownName(f"there is no order {name!r}{did_you_mean(name, ORDERS)}; there are: {', '.join(ORDERS)}")
    reviewed = set(pool.reviewed)
    ranked = ORDERS[name](pool)
    return [n for n in ranked if n not in reviewed] + [n for n in ranked if n in reviewed]


def random_order(pool: Pool) -> list[int]:
    """Rank at random, as every other order is compared with."""
    positions = list(range(len(pool.products)))
    random.Random(pool.seed).shuffle(positions)
    return positions


def least_certain(pool: Pool) -> list[int]:
    """Rank by how many of the suggested tags are expected to be judged wrongly at a threshold of 0.5.

    This is the sum of min(score, 1 - score) over the suggested tags, the expected Hamming loss of a calibrated tagger.
    Products without any suggested tag come first: about those the tagger knows nothing.
    """
    _needs(pool, "least-certain", "suggested tags", pool.suggested)
    return _by(sum(min(tag.score, 1 - tag.score) for tag in tags) if tags else np.inf for tags in pool.suggested)


def disagreeing(pool: Pool) -> list[int]:
    """Rank by how much the sub-taggers disagree: 1 minus the mean weighted Jaccard similarity of their lists.

    The similarity of two lists is the sum of the lower by that of the higher scores, over all their tags (Ruzicka), so
    that no threshold is needed; two empty lists agree.
    """
    _needs(pool, "disagreeing", "the tags of at least two sub-taggers", pool.members[1:])
    lists = [[_scores(tags) for tags in member] for member in pool.members]
    pairs = list(combinations(lists, 2))
    return _by(
        sum(1 - _similarity(first[n], second[n]) for first, second in pairs) / len(pairs)
        for n in range(len(pool.products))
    )


def label_errors(pool: Pool) -> list[int]:
    """Rank by how improbable the tags are that the products have already, in the light of the suggested ones.

    See `tagkit.label_errors.quality.label_quality`; the scores should come from a tagger that was not fitted on these
    products. Those without tags come last.

    Raises:
        BadInput: No product has tags, or there are no suggested ones.
    """
    _needs(pool, "label-errors", "suggested tags", pool.suggested)
    _needs(pool, "label-errors", "products that have tags", [one for one in pool.products if one.tags])
    return _by((-label_quality(pool.products, pool.suggested)).tolist())


def diverse(pool: Pool) -> list[int]:
    """Rank by k-centre: next comes the product that is farthest from all before it and from those reviewed already.

    Source: Gonzalez, Clustering to minimize the maximum intercluster distance (1985); as active learning Sener and
    Savarese, Active Learning for Convolutional Neural Networks: A Core-Set Approach (ICLR 2018).
    """
    if pool.vectors is None and len(pool.products) - len(pool.reviewed) > SAMPLE:
        done = set(pool.reviewed)
        waiting = [at for at in random_order(pool) if at not in done]
        part = [*pool.reviewed, *waiting[:SAMPLE]]
        found = diverse(Pool([pool.products[at] for at in part], reviewed=range(len(done))))
        return [*(part[at] for at in found), *waiting[SAMPLE:]]
    raw = _text_vectors(pool.products) if pool.vectors is None else np.asarray(pool.vectors)
    vectors = raw.astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    distance = np.full(len(vectors), np.inf, np.float32)
    ranked = list(pool.reviewed)
    for centre in ranked:
        np.minimum(distance, 1 - vectors @ vectors[centre], out=distance)
    distance[ranked] = -np.inf
    if not ranked:
        distance = 1 - vectors @ vectors.mean(axis=0)  # the first centre is farthest from the mean
    for number in range(min(CENTRES, len(vectors) - len(ranked))):
        centre = int(distance.argmax())
        if number == 0 and not ranked:
            distance[:] = np.inf
        np.minimum(distance, 1 - vectors @ vectors[centre], out=distance)
        ranked.append(centre)
        distance[centre] = -np.inf
    rest = np.argsort(-distance, kind="stable")[: len(vectors) - len(ranked)]
    return [*ranked, *rest.tolist()]


ORDERS: dict[str, Order] = {
    "random": random_order,
    "least-certain": least_certain,
    "disagreeing": disagreeing,
    "label-errors": label_errors,
    "diverse": diverse,
}
"""The orders by name."""


def members_of(tagger: Any, products: Sequence[Product]) -> list[Tags]:
    """Return the tags of each sub-tagger of a strategy that has some (hybrid, ensemble), or of a pipeline with one.

    Raises:
        BadInput: It has no sub-taggers.
    """
    inner = getattr(tagger, "tagger", tagger)
    members = getattr(inner, "taggers_", None)
    if not members:
        raise BadInput(
            f"the order disagreeing needs a strategy with sub-taggers, as hybrid or ensemble, not {inner.name}"
        )
    return [member.predict(products) for member in members]


def _needs(pool: Pool, order: str, what: str, given: Sequence[Any]) -> None:
    if not given:
        raise BadInput(f"the order {order} needs {what}")
    for listed in (pool.suggested, *pool.members):
        if listed and len(listed) != len(pool.products):
            raise BadInput(f"there are {len(pool.products):,} products and {len(listed):,} lists of tags")


def _by(values: Iterable[float]) -> list[int]:
    """Return positions by value, the highest first, equal ones in their order."""
    return np.argsort(-np.fromiter(values, float), kind="stable").tolist()


def _scores(tags: Iterable[Tag]) -> dict[str, float]:
    found: dict[str, float] = {}
    for tag in tags:
        found[tag.text] = max(found.get(tag.text, 0.0), tag.score)
    return found


def _similarity(first: dict[str, float], second: dict[str, float]) -> float:
    pairs = [(first.get(tag, 0.0), second.get(tag, 0.0)) for tag in first.keys() | second.keys()]
    higher = sum(map(max, pairs))
    return sum(map(min, pairs)) / higher if higher else 1.0


def _text_vectors(products: Sequence[Product]) -> NDArray[np.float32]:
    """Return vectors of the texts: character n-grams weighted by rarity, projected on their main directions."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    counts = HashingVectorizer(
        analyzer="char", ngram_range=(1, 3), n_features=FEATURES, norm=None, alternate_sign=False
    )
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts.transform(one.text for one in products))
    size = min(SIZE, len(products) - 1)
    return weighted.toarray() if size < 2 else TruncatedSVD(size, random_state=0).fit_transform(weighted)
