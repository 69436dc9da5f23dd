"""The reader of `implicit_ave`."""

from __future__ import annotations

import pytest

from tagkit.datasets import implicit_ave, load, store
from tagkit.errors import BadInput


def test_implicit_ave_domains_and_the_question(public_data, sizes):
    food = load("implicit_ave", domain="food")
    assert sizes(food) == [2893, 724, 390]
    cheese = next(p for p in food.test if p.id == "B00B8JHXGG")
    assert cheese.title == "Applegate, Natural RBGH Free Monterey Jack Jalapeno Cheese , 8oz"
    assert (cheese.tags, cheese.category, dict(cheese.attributes)) == (("Sliced",), "food/Cheese", {"Form": ""})
    assert [(tag.type, tag.text) for tag in cheese.annotations] == [("Form", "Sliced")]
    assert cheese.description == "" and cheese.images == ("B00B8JHXGG.jpg",)
    quoted = next(p for p in food.train if p.id == "B00UU47FPE")
    assert quoted.title.startswith('"Born Sweet Zing" Zero Calorie')
    asked = load("implicit_ave", domain="food", ask=True)
    assert {p.description for p in asked.test} == {p.annotations[0].type for p in food.test}
    whole = load("implicit_ave")
    assert {p.category.partition("/")[0] for p in whole.products} == set(implicit_ave.DOMAINS)
    pairs = {(tag.type, tag.text) for p in whole.products for tag in p.annotations}
    assert len(pairs) == 155 and len({kind for kind, _ in pairs}) == 23


def test_implicit_ave_broken_lines(tmp_path, monkeypatch):
    broken = tmp_path / "x.tsv"
    monkeypatch.setattr(store, "path", lambda name: broken)
    header = "\t".join(implicit_ave.HEADER)
    for text, reason in (("a\tb\n", "line 1: the columns"), (f"{header}\n1\t2\t3\n", "line 2: ")):
        broken.write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match=reason):
            load("implicit_ave", domain="food")
