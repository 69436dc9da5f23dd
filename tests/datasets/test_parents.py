"""Tables of broader tags: a user's own, the catalogue's and Google's taxonomy."""

from __future__ import annotations

import pytest

from tagkit.datasets import load, parents, store
from tagkit.datasets.parents import google_taxonomy, load_parents, read_parents
from tagkit.errors import BadInput
from tagkit.taxonomy import ancestors


def test_a_table(tmp_path):
    path = tmp_path / "parents.tsv"
    path.write_text("标签\t上级\n妈咪包\t箱包\n妈咪包\t母婴用品\n妈咪包\t箱包\n箱包\t商品\n", encoding="utf-8")
    assert read_parents(path) == load_parents(path) == {"妈咪包": ("箱包", "母婴用品"), "箱包": ("商品",)}
    path.write_text("a,b\nb,a\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"parents\.tsv: no tag can be broader than itself: a → b → a"):
        read_parents(path)
    path.write_text("a,b\nb\n", encoding="utf-8")
    with pytest.raises(BadInput, match="line 2: a row needs a tag and a parent"):
        read_parents(path)
    path.write_text("tag,parent\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no rows of a tag and its parent"):
        read_parents(path)


def test_names_at_several_places_have_what_these_have_in_common(tmp_path, monkeypatch):
    english = ("1 - Home", "2 - Home > Lamps", "3 - Home > Lamps > Shades", "4 - Home > Rugs > Shades", "5 - A > Rugs")
    chinese = ("1 - 家", "2 - 家 > 灯", "3 - 家 > 灯 > 灯", "4 - 家 > 灯 > 灯 > 灯罩")
    for name, lines in (("en", english), ("zh", chinese)):
        (tmp_path / name).write_text("# version\n" + "\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(parents, "FILES", ("en", "zh"))
    monkeypatch.setattr(store, "path", tmp_path.joinpath)
    assert google_taxonomy() == {
        "Lamps": ("Home",),
        "Shades": ("Home",),
        "Rugs": ("A",),
        "灯": ("家",),
        "灯罩": ("灯", "家"),
    }


def test_the_taxonomy_of_google(public_data):
    data = load("catalogue", parents="google_taxonomy")
    assert data.parents["Dresses"] == ("Clothing", "Apparel & Accessories")
    assert data.parents["高跟鞋"] == ("鞋类", "服饰")
    assert "Animals & Pet Supplies" not in data.parents and len(data.parents) > 9_900
    assert all(set(above) == set(data.parents[name]) for name, above in ancestors(data.parents).items())


def test_the_table_of_the_catalogue():
    data = load("catalogue")
    tags = {tag for product in data.products for tag in product.tags}
    assert data.parents.keys() | {up for above in data.parents.values() for up in above} <= tags
    assert data.parents["高跟鞋"] == ("鞋子",) and data.parents["妈咪包"] == ("箱包", "母婴用品")
    assert ancestors(data.parents)["green tea"] == ("tea", "drinks")
    involved = {tag for pair in data.parents.items() for tag in (pair[0], *pair[1])}
    assert {data.facets[tag] for tag in involved} == {"type", "broader type"}
