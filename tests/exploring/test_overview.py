import json

import pytest

from tagkit.exploring.overview import LEAST, overview
from tagkit.product import Dataset, Product


def shop() -> Dataset:
    shoes = [Product(f"s{n}", f"高跟鞋{n}", category="鞋子", tags=("鞋子", "女性")) for n in range(LEAST)]
    bags = [Product(f"b{n}", f"背包{n}", category="箱包", tags=("箱包",)) for n in range(20)]
    twins = [
        Product("t1", "Red Shoe", tags=("red",)),
        Product("t2", "RED  shoe!", tags=("Red", "shoe")),
        Product("u", "袋"),
    ]
    return Dataset("小店", (*shoes, *bags), (), tuple(twins))


@pytest.fixture(scope="module")
def found():
    return overview(shop())


def test_counts(found):
    assert found.parts == {"train": 25, "test": 3} and found.untagged == 1 and found.distinct == 6
    assert found.tags_per_product == {0: 1, 1: 21, 2: 6} and found.top[0] == ("箱包", 20)
    assert {band.name: (band.tags, band.uses) for band in found.bands if band.tags} == {
        "1": (3, 3),
        "5 to 9": (2, 10),
        "20 to 49": (1, 20),
    }
    assert sum(count for _, _, count in found.characters) == 28 and found.lengths["longest"] == 10


def test_categories_and_pairs(found):
    assert [(each.name, each.products) for each in found.categories] == [("箱包", 20), ("鞋子", 5), ("", 3)]
    assert found.n_categories == 2 and found.categories[1].mean == 2
    (pair,) = found.pairs
    assert pair.tags == ("女性", "鞋子") and pair.products == LEAST and pair.lift == pytest.approx(28 / LEAST)


def test_duplicates_and_spellings(found):
    (group,) = found.duplicates
    assert group.ids == ("t1", "t2") and not group.agree and found.n_duplicates == found.n_disagreeing == 1
    assert found.several_spellings == ("Red = red",)


def test_it_is_plain_values_and_one_line(found):
    assert json.loads(json.dumps(found.to_dict()))["name"] == "小店"
    assert repr(found) == "Overview('小店', 28 products, 6 different tags)" == repr(shop().explore())


def test_nothing_at_all_is_shown_too():
    nothing = overview(Dataset("leer", ()))
    assert "no products" in str(nothing) and "leer" in nothing._repr_html_()
