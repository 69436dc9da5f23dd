import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
pytest.importorskip("torch", reason="the benchmarks describe the machine with tagkit[models]")
pytest.importorskip("cleanlab", reason="the benchmark compares with cleanlab")
import label_errors as benchmark

from tagkit.label_errors.held_out import held_out
from tagkit.product import Product


@pytest.fixture(scope="module")
def planted():
    words = ("红色", "蓝色", "短袖", "长袖", "棉", "皮")
    products = [
        Product(str(n), words[n % 6] + words[(n + 1) % 6], tags=(words[n % 6], words[(n + 1) % 6])) for n in range(200)
    ]
    return products, *benchmark.plant(products, 0)


def test_five_percent_are_removed_or_exchanged(planted):
    before, after, wrong, missing = planted
    assert len(missing) == 20 and len(wrong) == 10
    lost = {(old.id, tag) for old, new in zip(before, after, strict=True) for tag in old.tags if tag not in new.tags}
    more = {(new.id, tag) for old, new in zip(before, after, strict=True) for tag in new.tags if tag not in old.tags}
    assert lost == missing and more == wrong


def test_each_order_ranks_every_pair(planted):
    _, after, wrong, missing = planted
    cells = held_out(after)
    orders = dict(benchmark.orders(cells))
    assert len(orders) == 9 and all(values.shape == cells.rows.shape for values in orders.values())
    best = benchmark.planted_first(cells, orders["all scores, relative to frequency"], True, wrong)
    assert best[0] > benchmark.planted_first(cells, orders["random"], True, wrong)[0]
    for quality in dict(benchmark.of_products(cells)).values():
        assert quality.shape == (len(cells.products),)
        assert 0 < benchmark.products_first(cells, quality, wrong | missing)[0] <= 1
    assert np.isfinite(benchmark.margins(cells, cells.score)).all()
