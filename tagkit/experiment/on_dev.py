"""Score strategies on dev, without letting them choose on the products that they are scored on; test is not read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tagkit.datasets.split import bucket
from tagkit.errors import BadInput
from tagkit.measures import Measure, Run
from tagkit.product import Dataset, Product, Tags
from tagkit.tagger import Tagger


def held_out(data: Dataset, seed: int) -> tuple[tuple[Product, ...], tuple[Product, ...], str]:
    """Return what is fitted on, the products with gold tags that are scored, and what these are."""
    dev = tuple(product for product in data.dev if product.tags)
    if dev:
        return data.train, dev, "dev part"
    tagged = _shuffled([product for product in data.train if product.tags], seed)
    held = {product.id for product in tagged[: len(tagged) // 10]}
    if not held:
        raise BadInput(f"{data.name} has no dev part, and too few train products with tags to hold out a tenth")
    kept = tuple(product for product in data.train if product.id not in held)
    return (
        kept,
        tuple(product for product in data.train if product.id in held),
        f"tenth of train held out by seed {seed}",
    )


def halves(tagger: Tagger, dev: Sequence[Product], seed: int) -> list[tuple[Sequence[Product], Sequence[Product]]]:
    """Return pairs of what a strategy may choose on and what it is then scored on."""
    if not tagger.needs_threshold:
        return [((), dev)]
    order = _shuffled(dev, seed)
    one, other = order[::2], order[1::2]
    if not other:
        raise BadInput("one product with tags to score on cannot be halved: there must be two or more")
    return [(one, other), (other, one)]


def _shuffled(products: Sequence[Product], seed: int) -> list[Product]:
    return sorted(products, key=lambda product: bucket(f"{seed}:{product.id}", 2**32))


def score_folds(
    by: Measure,
    data: Dataset,
    train: Sequence[Product],
    folds: Sequence[tuple[Sequence[Product], Sequence[Product]]],
    tag: Callable[[Dataset], Tags],
) -> float | None:
    """Return a measure of the tags of all folds together, None where it is undefined.

    Args:
        by: The measure.
        data: The data set.
        train: What is fitted on.
        folds: What `halves` returned.
        tag: Fits on the train part of a data set, chooses on its dev part, and tags its test part.
    """
    rows: Tags = []
    for calibrate, scored in folds:
        rows += tag(data.with_parts(train=train, dev=calibrate, test=scored))
    return value_of(by, data.with_parts(train=train), rows, [product for _, scored in folds for product in scored])


def value_of(by: Measure, data: Dataset, rows: Any, products: Sequence[Product]) -> float | None:
    """Return a measure of the lists of some products of a data set, None where it is undefined."""
    value = by(Run.of(data, rows, products))
    return value if value == value else None
