from dataclasses import replace

import pytest

from tagkit.errors import BadInput
from tagkit.label_errors import find_issues
from tagkit.product import Dataset, Product


def shop() -> list[Product]:
    kinds = {"高跟鞋": ("鞋子", "女性"), "背包": ("箱包", "旅行"), "保温杯": ("杯子", "家用")}
    return [
        Product(f"{kind}{number}", f"新款{kind} {number}号 优质{kind}", tags=(kind, *tags))
        for kind, tags in kinds.items()
        for number in range(20)
    ]


@pytest.fixture(scope="module")
def issues():
    products = shop()
    products[0] = replace(products[0], tags=("高跟鞋", "鞋子", "杯子"))  # 女性 is missing, 杯子 is wrong
    return find_issues(Dataset("小店", tuple(products[:40]), (), tuple(products[40:])))


def test_planted_errors_come_first_with_their_reason(issues):
    wrong, missing = issues.wrong[0], issues.missing[0]
    assert (wrong.product, wrong.tag, wrong.kind) == ("高跟鞋0", "杯子", "wrong")
    assert (missing.product, missing.tag, missing.kind) == ("高跟鞋0", "女性", "missing")
    assert not missing.present and missing.score > 0.5 and "高跟鞋" in missing.words and "高跟鞋" in missing.nearest
    assert f"held-out score {missing.score:.3f}" in missing.reason and missing.nearest in missing.reason


def test_by_product_and_by_tag(issues):
    assert next(iter(issues.by_product)) == "高跟鞋0" and {one.tag for one in issues.by_product["高跟鞋0"]} == {
        "杯子",
        "女性",
    }
    assert sum(map(len, issues.by_tag.values())) == len(issues)


def test_the_limit_is_of_each_kind():
    data = Dataset("小店", tuple(shop()))
    assert len(find_issues(data, limit=1).wrong) <= 1
    with pytest.raises(BadInput, match="1 or more, not 0"):
        data.issues(limit=0)
