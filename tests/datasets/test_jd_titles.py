"""The reader of `jd_titles`."""

from __future__ import annotations

from tagkit.datasets import load


def test_jd_titles_parts_and_entities(public_data):
    data = load("jd_titles")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [3214, 399, 387]
    parts = [{product.title for product in part} for part in (data.train, data.dev, data.test)]
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert len({tag.type for product in data.products for tag in product.annotations}) == 50
    first = next(product for product in data.products if product.id == "jd-00001")
    assert first.annotations[:2][1].text == "NOZI" and first.annotations[0].type == "1"
    assert sum(" " in product.title for product in data.products) == 3308
    for product in data.products:
        for tag in product.annotations:
            assert all(product.text[span.start : span.end] == tag.text for span in tag.spans)


def test_jd_titles_without_tags(public_data):
    data = load("jd_titles", train="unlabelled")
    assert len(data.train) == 20_000 and data.test == load("jd_titles").test
    assert not any(product.tags or product.annotations for product in data.train)
    assert not {product.title for product in data.train} & {product.title for product in (*data.dev, *data.test)}
