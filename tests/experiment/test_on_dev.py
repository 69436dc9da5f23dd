"""Scoring on dev: what is fitted on, what may be chosen on, and what is scored, never overlap."""

from __future__ import annotations

import pytest

from tagkit.errors import BadInput
from tagkit.experiment.on_dev import halves, held_out, score_folds, value_of
from tagkit.measures import parse
from tagkit.product import Dataset, Product, Tag
from tagkit.taggers import create


def shop(train: int, dev: int = 0, bare: int = 0) -> Dataset:
    """A data set whose last train and dev products have no tags."""

    def products(part: str, count: int) -> tuple[Product, ...]:
        tagged = (Product(f"{part}{n}", f"红裙{n}", tags=("裙",)) for n in range(count))
        return (*tagged, *(Product(f"{part}-bare{n}", "红裙") for n in range(bare)))

    return Dataset("shop", products("t", train), products("d", dev) if dev else ())


def test_the_dev_part_is_scored_where_there_is_one():
    data = shop(20, 4, bare=2)
    train, scored, what = held_out(data, 0)
    assert train == data.train and scored == data.dev[:4] and what == "dev part"


def test_else_a_tenth_of_the_tagged_products_of_train_is():
    data = shop(30, bare=5)
    train, scored, what = held_out(data, 0)
    assert what == "tenth of train held out by seed 0" and len(scored) == 3 and all(one.tags for one in scored)
    assert sorted(one.id for one in (*train, *scored)) == sorted(one.id for one in data.train)
    assert held_out(data, 0)[1] == scored != held_out(data, 1)[1]
    with pytest.raises(BadInput, match="shop has no dev part, and too few train products with tags"):
        held_out(shop(9, bare=50), 0)


def test_what_thresholds_are_chosen_on_is_never_scored():
    dev = shop(1, 7).dev
    (one, other), (again, first) = halves(create("linear"), dev, 0)
    assert (again, first) == (other, one) and (len(one), len(other)) == (4, 3)
    assert {product.id for product in (*one, *other)} == {product.id for product in dev}
    assert halves(create("linear"), dev[::-1], 0)[0][0] == one, "whatever their order was"
    assert halves(create("lexicon"), dev, 0) == [((), dev)], "nothing is chosen"
    with pytest.raises(BadInput, match="one product with tags to score on cannot be halved"):
        halves(create("linear"), dev[:1], 0)


def test_all_folds_are_scored_together():
    data, seen = shop(3, 4), []

    def tag(parts: Dataset) -> list[list[Tag]]:
        seen.append((parts.train, parts.dev, parts.test))
        return [[Tag("裙" if product.id in ("d0", "d1", "d2") else "鞋")] for product in parts.test]

    folds = [(data.dev[:3], data.dev[3:]), (data.dev[3:], data.dev[:3])]
    assert score_folds(parse("F1@M"), data, data.train[:2], folds, tag) == 3 / 4
    assert seen == [(data.train[:2], *fold) for fold in folds]


def test_an_undefined_score_is_none():
    data = shop(3)
    assert value_of(parse("F1@M"), data, [[Tag("裙")]], [Product("红裙")]) is None
    assert value_of(parse("F1@M"), data, [[Tag("裙")]], data.train[:1]) == 1
