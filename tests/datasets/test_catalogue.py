"""The reader of `catalogue`."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tagkit import registry
from tagkit.datasets import audit, catalogue, load
from tagkit.errors import BadInput, DataMissing
from tagkit.product import Dataset, Product


def test_catalogue_options_and_places(tmp_path, monkeypatch):
    both, zh, en = load("catalogue"), load("catalogue", lang="zh"), load("catalogue", lang="en")
    assert len(zh.products) + len(en.products) == len(both.products)
    assert {p.lang for p in zh.products} == {"zh"}
    assert both.licence == "Apache-2.0" and both.card.startswith("#")
    package = tmp_path / "site-packages/tagkit"
    installed = package / "data/catalogue"
    installed.mkdir(parents=True)
    monkeypatch.setattr(catalogue, "__file__", str(package / "datasets/catalogue.py"))
    assert catalogue.folder() == installed
    installed.rmdir()
    with pytest.raises(DataMissing):
        catalogue.folder()


def test_catalogue_synonyms_and_broken_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "folder", lambda: tmp_path)
    row = {"id": "a", "title": "红裙", "tags": ["裙子"], "lang": "zh", "split": "train"}
    (tmp_path / "zh.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (tmp_path / "synonyms.tsv").write_text("裙子\t裙\t半裙\n", encoding="utf-8")
    (tmp_path / "facets.tsv").write_text("裙子\ttype\n", encoding="utf-8")
    (tmp_path / "parents.tsv").write_text("裙子\t女装\n", encoding="utf-8")
    data = load("catalogue")
    assert dict(data.synonyms) == {"裙子": ("裙", "半裙")} and data.train[0].tags == ("裙子",)
    assert data.facets == {"裙子": "type"}
    (tmp_path / "zh.jsonl").write_text(json.dumps(row | {"split": "tset"}), encoding="utf-8")
    with pytest.raises(BadInput, match="line 1"):
        load("catalogue")


def test_the_table_of_facets_has_two_passes_and_one_facet_for_each_tag():
    data = load("catalogue")
    lines = (catalogue.folder() / "facets.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    tags = [tag for tag, *_ in rows]
    assert tags == sorted({tag for product in data.products for tag in product.tags}) and len(tags) == 846
    assert {facet for _, *facets in rows for facet in facets} == set(data.facets.values())
    assert all(facet in passes for _, facet, *passes in rows)
    assert [tag for tag, _, first, second in rows if first != second] == ["storage", "手机支架"]
    assert [data.facets[tag] for tag in ("高跟鞋", "鞋子", "蓝色", "women", "waterproof")] == [
        *("type", "broader type", "colour", "audience", "function")
    ]


def failed(data: Dataset) -> set[str]:
    return {row.name for row in audit(data, registry.datasets.get("catalogue").expectations).rows if not row.ok}


def test_audit_notices_what_breaks_the_expectations():
    data = load("catalogue")
    moved = data.with_parts(train=data.train + data.test[-1:], test=data.test[:-1])
    assert "products not where split_of puts them" in failed(moved)
    copy = data.train[0]
    leaky = data.with_parts(dev=(*data.dev, Product("x", copy.title + "!", copy.description, tags=copy.tags)))
    assert "near-duplicates, train and dev" in failed(leaky)
    without = data.with_parts(test=[p for p in data.test if p.title != catalogue.ARTICLE[0]])
    assert catalogue.article_product(without) == ("absent", False)
    named = replace(data, facets={tag: facet for tag, facet in data.facets.items() if tag not in ("红色", "red")})
    assert catalogue.without_facet(named) == (2, False)
