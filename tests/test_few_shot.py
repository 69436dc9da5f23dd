"""The choice of demonstrations."""

from __future__ import annotations

from tagkit.few_shot import Demonstrations
from tagkit.product import Product


def test_similar_demonstrations_end_with_the_nearest(products):
    few_shot = Demonstrations("similar", 2).fit(products[:12])
    asked = [Product("x", "红色高跟鞋婚礼"), Product("y", "Blue running shoes")]
    first, second = few_shot.choose(asked)
    assert [product.title for product in first] == ["黑色高跟鞋女尖头细跟", "红色高跟鞋婚礼新娘鞋"]
    assert second[-1].title == "Blue running shoes for men, breathable mesh"
    again = Demonstrations("similar", 2).restore(few_shot.state())
    assert again.choose(asked) == [first, second]


def test_shared_demonstrations_depend_on_the_seed_alone(products):
    few_shot = Demonstrations("shared", 3, seed=1).fit(products)
    first, second = few_shot.choose(products[:2])
    assert first == second and len({product.id for product in first}) == 3
    assert Demonstrations("shared", 3, seed=1).fit(products).choose(products[:1]) == [first]
    assert Demonstrations("shared", 3, seed=2).fit(products).choose(products[:1]) != [first]
    assert Demonstrations("shared", 3).restore(few_shot.state()).choose(products[:1]) == [first]
    assert len(Demonstrations("shared", 99).fit(products[:5]).choose(products[:1])[0]) == 5
