import pytest

from tagkit.contract import PRODUCTS
from tagkit.errors import BadInput
from tagkit.explaining.methods import by_method
from tagkit.taggers import create


@pytest.fixture(scope="module")
def knn():
    return create("knn").fit(PRODUCTS[:18])


def test_occlusion_is_the_fall_of_the_score(knn):
    product = PRODUCTS[0]
    found = by_method(knn, product, "高跟鞋", "occlusion")
    strongest = found.strongest(1)[0]
    rest = product.title[: strongest.start] + " " * (strongest.end - strongest.start) + product.title[strongest.end :]
    before, after = knn.score_of([product, rest], "高跟鞋")
    assert strongest.weight == pytest.approx(before - after) and found.score == before


def test_random_weights_depend_on_text_and_tag_alone(knn):
    first, second = (by_method(knn, PRODUCTS[0], tag, "random").words for tag in ("高跟鞋", "黑色"))
    assert first != second and first == by_method(knn, PRODUCTS[0], "高跟鞋", "random").words
    assert all(-1 <= word.weight <= 1 for word in first)


def test_gradients_need_a_network(knn):
    with pytest.raises(BadInput, match="no gradients"):
        by_method(knn, PRODUCTS[0], "高跟鞋", "gradient × input")
