"""The reader of `taobao_ner`."""

from __future__ import annotations

from tagkit.datasets import load


def test_taobao_sizes_leak_and_spans(public_data):
    data = load("taobao_ner")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [6000, 998, 1000]
    titles = {p.title for p in data.train}
    assert len(titles) == 4610 and sum(p.title not in titles for p in data.test) == 537
    marked = sum(
        line[2:3] == "B" for line in (public_data / "taobao_ner/test.txt").read_text(encoding="utf-8").split("\n")
    )
    assert sum(len(tag.spans) for p in data.test for tag in p.annotations) == marked
    for product in data.products:
        for tag in product.annotations:
            assert all(product.text[s.start : s.end] == tag.text for s in tag.spans)
        assert product.tags == tuple(dict.fromkeys(tag.text for tag in product.annotations))
    assert any("\u3000" in p.title for p in data.train)
    assert {tag.type for p in data.train for tag in p.annotations} == {"HCCX", "HPPX", "XH", "MISC"}


def test_taobao_dedup(public_data):
    data = load("taobao_ner", split="dedup")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [6000, 537, 537]
    seen = {p.title.strip() for p in data.train}
    assert not any(p.title.strip() in seen for p in data.dev + data.test)
    assert data.digest != load("taobao_ner").digest
