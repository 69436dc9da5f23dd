"""The reader of `csl_keywords`."""

from __future__ import annotations

from tagkit.datasets import csl_keywords, load, store


def test_csl_titles_are_found(public_data, sizes):
    data = load("csl_keywords")
    assert sizes(data) == [890, 110, 1000] and sizes(load("csl_keywords", dev="none")) == [1000, 0, 1000]
    assert all(p.category for p in data.products) and len({p.id for p in data.products}) == 2000
    lines = store.path(csl_keywords.TEST).read_text(encoding="utf-8").rstrip("\n").split("\n")
    for product, line in zip(data.test, lines, strict=True):
        text, words = line.split("\t")[1:]
        assert text.split() == f"{product.description} {product.title}".split()
        assert product.tags == tuple(dict.fromkeys(word.strip() for word in words.split("_")))
    first = data.test[0]
    assert (first.title, first.category) == ("双官能团活性艳蓝的应用性能", "工学")
    assert first.tags == ("染色", "活性染料", "匀染性", "棉织物")


def test_csl_cut():
    assert csl_keywords.cut("前文. Na 元素 浓度", {"Na 元素 浓度": "", "浓度": ""}) == ("前文.", "Na 元素 浓度")
    assert csl_keywords.cut("前文. 标题", {}) == ("前文.", "标题")
