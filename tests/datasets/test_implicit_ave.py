"""The reader of `implicit_ave`."""

from __future__ import annotations

from tagkit.datasets import implicit_ave, load


def test_implicit_ave_domains_and_the_question(public_data, sizes):
    food = load("implicit_ave", domain="food")
    assert sizes(food) == [2893, 724, 390]
    cheese = next(p for p in food.test if p.id == "B00B8JHXGG")
    assert cheese.title == "Applegate, Natural RBGH Free Monterey Jack Jalapeno Cheese , 8oz"
    assert (cheese.tags, cheese.category, dict(cheese.attributes)) == (("Sliced",), "food/Cheese", {"Form": ""})
    assert [(tag.type, tag.text) for tag in cheese.annotations] == [("Form", "Sliced")]
    assert cheese.description == "" and cheese.images == ("implicit_ave/eval_images/B00B8JHXGG.jpg",)
    assert not any(product.images for product in (*food.train, *food.dev))
    quoted = next(p for p in food.train if p.id == "B00UU47FPE")
    assert quoted.title.startswith('"Born Sweet Zing" Zero Calorie')
    asked = load("implicit_ave", domain="food", ask=True)
    assert {p.description for p in asked.test} == {p.annotations[0].type for p in food.test}
    whole = load("implicit_ave")
    assert {p.category.partition("/")[0] for p in whole.products} == set(implicit_ave.DOMAINS)
    pairs = {(tag.type, tag.text) for p in whole.products for tag in p.annotations}
    assert len(pairs) == 155 and len({kind for kind, _ in pairs}) == 23


def test_rows_with_photos_are_those_of_test(public_data, sizes):
    data = load("implicit_ave", photos=True)
    assert sizes(data) == [1610, 0, 0] and data.train == load("implicit_ave").test
    missing = [product.id for product in data.train if not (public_data / product.images[0]).is_file()]
    assert len(missing) == 1
