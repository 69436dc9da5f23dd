import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse

from tagkit.errors import BadInput
from tagkit.features import targets
from tagkit.label_errors.held_out import held_out, score_cells
from tagkit.product import Product


def test_scores_are_probabilities_and_all_own_tags_have_one(products):
    cells = held_out([*products, Product("没有标签")])
    assert len(cells.products) == len([one for one in products if one.tags])
    assert cells.score.min() >= 0 and cells.score.max() <= 1
    own = {
        (row, cells.tags[column])
        for row, column in zip(cells.rows[cells.given], cells.columns[cells.given], strict=True)
    }
    assert own == {(row, tag) for row, product in enumerate(cells.products) for tag in product.tags}
    lists = cells.lists()
    assert len(lists) == len(cells.products) and all(a.score >= b.score for row in lists for a, b in pairwise(row))


def test_the_tags_of_a_product_do_not_change_its_own_first_scores(products):
    before = held_out(products)
    changed = [Product(p.id, p.title, p.description, tags=p.tags[::-1]) for p in products]
    assert held_out(changed).score == pytest.approx(before.score)


def test_few_products_are_too_few():
    with pytest.raises(BadInput, match="10 tagged ones are needed, not 1"):
        held_out([Product("鞋", tags=("鞋",)), Product("包")])


def test_chunks_bound_the_memory_for_20_000_products_and_3_000_tags():
    random = np.random.default_rng(0)
    count, n_tags = 20_000, 3_000
    y = sparse.csr_matrix(
        (np.ones(5 * count), (np.repeat(np.arange(count), 5), random.integers(0, n_tags, 5 * count))), (count, n_tags)
    )
    y.data[:] = 1
    y.sum_duplicates()
    y.data[:] = 1
    tags = tuple(f"标签{number}" for number in range(n_tags))
    x = sparse.hstack(
        [y @ sparse.random(n_tags, 400, 0.01, random_state=0), sparse.random(count, 400, 0.01, random_state=1)]
    ).tocsr()
    products = tuple(Product(str(number), "标签7") for number in range(count))
    tracemalloc.start()
    cells = score_cells(products, tags, x, y)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    whole = count * n_tags * 8 / 2**20
    assert peak < 280 < whole, f"{peak:.0f} MB, where one table of products times tags takes {whole:.0f}"
    assert cells.given.sum() == y.nnz and len(cells.rows) < 50 * count
    assert cells.score[cells.given].mean() > 2 * cells.score[~cells.given].mean()


def test_targets_are_not_changed(products):
    tags = sorted({tag for product in products for tag in product.tags})
    y = targets(products, tags)
    held_out(products)
    assert (y != targets(products, tags)).nnz == 0
