import numpy as np
import pytest

from tagkit.errors import BadInput
from tagkit.label_errors.quality import PRIOR, label_quality, tag_quality
from tagkit.product import Product, Tag


def test_a_rare_tag_needs_less_support_than_a_frequent_one():
    found = tag_quality(
        np.array([0.02, 0.02, 0.9, 0.9]), np.array([True, True, True, False]), np.array([0.0, 0.3, 0.3, 0.3])
    )
    assert found == pytest.approx([1, 0.02 / (0.3 + PRIOR), 1, 0.1])


def test_wrong_and_missing_tags_come_first():
    right, wrong, missing, untagged = (Product("红鞋", tags=tags) for tags in (("红", "鞋"), ("包", "鞋"), ("鞋",), ()))
    scores = [Tag("红", 0.5), Tag("红", 0.9), Tag("鞋", 0.95)]
    found = label_quality([right, wrong, missing, untagged], [scores] * 4)
    assert found[1] == 0 and found[2] == pytest.approx(0.1) and found[0] == found[3] == 1


def test_each_product_needs_a_list():
    with pytest.raises(BadInput, match="1 products and 0 lists"):
        label_quality([Product("鞋")], [])
