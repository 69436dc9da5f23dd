import json
from dataclasses import replace

import numpy as np
import pytest

from tagkit.errors import BadInput
from tagkit.experiment.compare import compare
from tagkit.exploring.products import Judged, compare_products, hardest, show
from tagkit.product import Dataset, Product, Span, Tag


@pytest.fixture(scope="module")
def result(products):
    odd = Product("odd", "<script>alert(1)</script> 红色", tags=("红色", "<b>"))
    data = Dataset("shop", tuple(products[:14]), (), (*products[14:], odd))
    return compare(["lexicon", "knn"], data, ["F1@M"], samples=50, progress=False, isolate=False)


def test_right_missed_and_new():
    product = Product("红色高跟鞋", tags=("红色", "鞋子"))
    found = Judged.of("a", product, [Tag("高跟鞋", 0.9), Tag("红色", 0.8, spans=(Span(0, 2),))])
    assert (found.right, found.missed, found.new, found.f1) == (("红色",), ("鞋子",), ("高跟鞋",), 0.5)
    assert Judged.of("a", product, []).f1 == 0 and "tags" not in found.to_dict()


def test_shown_products_are_spread_over_test(result):
    found = show(result, 3, "knn")
    tagged = [product for product in result.products() if product.tags]
    assert [found[0].product, found[-1].product] == [tagged[0], tagged[-1]] and len(show(result, 999, "")) == len(
        tagged
    )
    with pytest.raises(BadInput, match="1 or more, not 0"):
        show(result, 0, "")


def test_the_hardest_have_the_lowest_mean_f1(result):
    mean = [np.mean([row.f1 for row in item.rows]) for item in hardest(result, 99)]
    assert mean == sorted(mean) and mean[0] == np.mean([row.f1 for row in hardest(result, 1)[0].rows])


def test_two_rows_are_compared_by_product(result):
    found = compare_products(result, "lexicon", "knn")
    sizes = [abs(item.difference) for item in found]
    assert sizes == sorted(sizes, reverse=True) and all(
        set(one.rows[0].kinds) != set(one.rows[1].kinds) for one in found
    )
    judged = [product for product in result.products() if product.tags]
    better, worse = (sum(sign * item.difference > 0 for item in found) for sign in (1, -1))
    assert (
        f"lexicon is better on {better}, knn on {worse}, and they are equal on {len(judged) - better - worse}"
        in found.note
    )
    other = replace(result.datasets["knn"], test=result.datasets["knn"].test[1:])
    with pytest.raises(BadInput, match="different test products"):
        compare_products(replace(result, datasets={**result.datasets, "knn": other}), "lexicon", "knn")


def test_all_forms(result):
    found = compare_products(result, "lexicon", "knn")
    html, text = found._repr_html_(), str(found)
    assert "<script" not in html and "solid" in html and "dashed" in html
    assert found.title in text and "✓ " in text and "○ " in text
    assert len(json.loads(json.dumps(found.to_dict()))["products"]) == len(found) == len(found.to_frame()) // 2
    assert len(found[:2]) == 2 and "2 products" in repr(found[:2])
