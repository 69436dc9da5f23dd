"""The fixed split by hash."""

from __future__ import annotations

import pytest

from tagkit.datasets.split import bucket, by_part, hold_out_tenth, split_of
from tagkit.product import Product


@pytest.mark.parametrize(
    ("id", "value", "part"),
    [("zh-a-001", 53, "train"), ("zh-a-020", 78, "dev"), ("zh-f-010", 89, "test")],
)
def test_the_part_of_an_id_never_changes(id, value, part):
    assert bucket(id) == value
    assert split_of(id) == part


def test_products_are_collected_by_part_in_order():
    rows = [("test", Product("a", "x")), ("train", Product("b", "x")), ("test", Product("c", "x"))]
    assert [[p.id for p in part] for part in by_part(rows)] == [["b"], [], ["a", "c"]]


def test_a_tenth_is_held_out_with_copies_together():
    titles = [f"商品{number}" for number in range(300)] * 2
    train, dev = hold_out_tenth(Product(str(n), title) for n, title in enumerate(titles))
    assert len(train) + len(dev) == 600 and 30 < len(dev) < 90
    assert not {p.title for p in train} & {p.title for p in dev}
