"""The reader of `oa_mine`, and files in its layout."""

from __future__ import annotations

import gzip
import json

import pytest

from tagkit.datasets import load
from tagkit.datasets.oa_mine import read_products
from tagkit.errors import BadInput
from tagkit.product import Span

ROW = {
    "input": "Tea500 Tea, 500 g",
    "category": "Tea",
    "target_scores": {"Type": {"Tea ": 1}, "Size": {"500": 1}, "Brand": {"n/a": 1}},
}


def test_oa_mine_sizes_and_values(public_data):
    data = load("oa_mine")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [1452, 0, 491]
    assert not {p.title for p in data.dev} & {p.title for p in data.train}
    rows = [
        json.loads(line)
        for line in (public_data / "extractgpt/oa-mine/test.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    for product, row in zip(data.test, rows, strict=True):
        assert (product.title, product.category) == (row["input"], row["category"])
        assert dict(product.attributes) == dict.fromkeys(row["target_scores"], "")
        gold = {name: next(iter(values)).strip() for name, values in row["target_scores"].items()}
        assert {tag.type: tag.text for tag in product.annotations} == gold
        for tag in product.annotations:
            (span,) = tag.spans
            assert product.text[span.start : span.end] == tag.text
    assert len({name for p in data.products for name in p.attributes}) == 51


def test_oa_mine_options(public_data):
    assert [len(load("oa_mine", dev="tenth").train), len(load("oa_mine", dev="tenth").dev)] == [1307, 145]
    small = load("oa_mine", train="0.2")
    assert (len(small.train), len(small.dev), len(small.test)) == (286, 0, 491)
    assert len(load("oa_mine", train=0.2, dev="tenth").train) == 251


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_in_the_layout_of_oa_mine(tmp_path, pack):
    file = tmp_path / "new.jsonl"
    file.write_bytes(pack(f"\n{json.dumps(ROW)}\n".encode()))
    data = read_products(file)
    (product,) = data.test
    assert data.name == "new" and not data.train and not data.dev
    assert (product.id, product.category, product.tags) == ("new-0002", "Tea", ("Tea", "500"))
    assert dict(product.attributes) == {"Type": "", "Size": "", "Brand": ""}
    assert [(tag.text, tag.type, tag.spans) for tag in product.annotations] == [
        ("Tea", "Type", (Span(7, 10),)),
        ("500", "Size", (Span(12, 15),)),
    ]
    with pytest.raises(BadInput, match="has no options, but title is given"):
        read_products(file, title="input")


def test_other_files_are_read_as_usual(tmp_path):
    (tmp_path / "x.csv").write_text("name,split\nred shoes,test\n", encoding="utf-8")
    assert [p.title for p in read_products(tmp_path / "x.csv", title="name").test] == ["red shoes"]


def test_files_that_are_wrong(tmp_path):
    file = tmp_path / "x.jsonl"
    for text, reason in (('{"input": "a"}', "no `target_scores`"), (json.dumps(ROW) + "\n[]", "line 2")):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match=reason):
            read_products(file)
    with pytest.raises(BadInput, match="there is no file"):
        read_products(tmp_path / "absent.jsonl")
