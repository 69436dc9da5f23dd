"""What an audit measures, and how it compares that with expectations."""

from __future__ import annotations

import json
import re

import pytest

from tagkit.datasets import audit
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product


def small() -> Dataset:
    train = (
        Product("a", "blue suede shoes", category="shoes/low", lang="en", tags=("shoes", "blue", "elegant")),
        Product("b", "红色连衣裙夏季新款", "一句。两句！", "女装/裙", lang="zh", tags=("连衣裙", "连衣裙")),
    )
    dev = (Product("c", "blue suede shoes", lang="en", tags=("shoes",)),)
    test = (Product("a", "红色连衣裙夏季新品", "一句。两句！", lang="zh", tags=("裙子", "优雅")),)
    return Dataset("small", train, dev, test, synonyms={"连衣裙": ("裙子",)})


def values(data: Dataset, expectations=None) -> dict:
    return {row.name: row.value for row in audit(data, expectations).rows}


def test_audit_values():
    found = values(small())
    expected = {
        "products": 4,
        "train products": 2,
        "dev share %": 25.0,
        "zh products": 2,
        "test zh products": 1,
        "departments": 2,
        "tags per product, min": 1,
        "tags per product, mean": 2.0,
        "tags per product, max": 3,
        "distinct tags": 6,
        "tags absent from the text %": 100 * 3 / 8,
        "tags absent from the text %, en": 100 * 1 / 4,
        "tags absent from the text %, zh": 100 * 2 / 4,
        "tags used 5 times or more %": 0.0,
        "test tags unseen in train %": 100.0,
        "duplicate ids": 1,
        "tags repeated in a product": 1,
        "synonyms used as tags": 1,
        "dev texts in train": 1,
        "test texts in train": 0,
        "near-duplicates, train and dev": 1,
        "near-duplicates, train and test": 1,
        "near-duplicates, dev and test": 0,
        "highest similarity, train and dev": 1.0,
        "sentences per description, max": 2,
    }
    assert {name: found[name] for name in expected} == expected
    assert 0.6 <= found["highest similarity, train and test"] < 1


def test_spellings_of_one_tag_are_told():
    tags = [("T恤", "鞋"), ("t恤",), ("Ｔ恤", "C"), ("C++",)]
    found = values(Dataset("x", tuple(Product(str(n), "x", tags=row) for n, row in enumerate(tags))))
    assert found["distinct tags"] == 6 and found["tags in several spellings"] == 1
    assert found["spellings of one tag, which are taken for one"] == "T恤 = t恤 = Ｔ恤"


def test_audit_compares_with_expectations():
    expectations = {
        "products": (">=", 4),
        "duplicate ids": ("==", 0),
        "dev share %": ("between", (20, 30)),
        "no such value": ("==", 1),
        "own": lambda data: (data.name, data.name == "small"),
    }
    found = audit(small(), expectations)
    marks = {row.name: row.ok for row in found.rows if row.expected}
    assert marks == {
        "products": True,
        "duplicate ids": False,
        "dev share %": True,
        "no such value": False,
        "own": True,
    }
    assert not found.ok and audit(small()).ok
    lines = str(found).splitlines()
    assert any(re.fullmatch(r"duplicate ids +1 +== 0 +FAILED", line) for line in lines)
    assert json.loads(json.dumps(found.to_dict()))["ok"] is False
    with pytest.raises(BadInput, match="neither"):
        audit(small(), {"products": ("~", 4)})


def test_audit_of_an_empty_data_set():
    assert values(Dataset("empty", ()))["products"] == 0
