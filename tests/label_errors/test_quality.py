import numpy as np
import pytest

from tagkit.errors import BadInput
from tagkit.label_errors.quality import label_quality
from tagkit.product import Product, Tag

TAGS = ("红", "蓝", "裙", "鞋", "包", "帽")


def test_it_is_the_score_of_cleanlab_without_its_table():
    from cleanlab.multilabel_classification import get_label_quality_scores

    random = np.random.default_rng(0)
    scores, gold = random.random((30, len(TAGS))).round(3), random.random((30, len(TAGS))) < 0.4
    gold[:, 0] |= ~gold.any(1)
    products = [Product("鞋", tags=tuple(np.array(TAGS)[row])) for row in gold]
    # a tag in no list and of no product, such as a data set with a long tail has many
    table = np.hstack([scores, np.zeros((30, 20))])
    expected = get_label_quality_scores([list(np.flatnonzero(row)) for row in gold], table)
    lists = [[Tag(tag, score) for tag, score in zip(TAGS, row, strict=True)] for row in scores]
    assert label_quality(products, lists) == pytest.approx(expected, abs=1e-6)


def test_wrong_and_missing_tags_come_first():
    right, wrong, missing, untagged = (Product("红鞋", tags=tags) for tags in (("红", "鞋"), ("包", "鞋"), ("鞋",), ()))
    scores = [Tag("红", 0.9), Tag("鞋", 0.95)]
    found = label_quality([right, wrong, missing, untagged], [scores] * 4)
    assert found[1] < found[2] < found[0] < found[3] == 1


def test_each_product_needs_a_list():
    with pytest.raises(BadInput, match="1 products and 0 lists"):
        label_quality([Product("鞋")], [])
