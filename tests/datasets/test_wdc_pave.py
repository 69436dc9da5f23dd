"""The reader of `wdc_pave`."""

from __future__ import annotations

import json

from tagkit.datasets import load, store, wdc_pave

ROW = {
    "id": 7,
    "category": "Office Products",
    "input_title": "Red-Tag tags, red",
    "input_description": "Made of Paper. 5 tags",
    "target_scores": {
        "Color": {"red": {"pid": [0], "score": 1}, "n/a": 1},
        "Material": {"Paper": {"pid": [1], "score": 1}},
        "Type": {"n/a": 1, "tags": {"pid": [0, 1], "score": 1}},
        "Width": {"n/a": 1},
    },
}


def test_wdc_pave_values_and_where_they_stand(public_data):
    data = load("wdc_pave")
    assert len(data.train) == 1066
    lines = (public_data / wdc_pave.FILES["extraction"]).read_text(encoding="utf-8").splitlines()
    found = expected = 0
    for product, row in zip(data.train, map(json.loads, lines), strict=True):
        assert (product.title, product.description) == (row["input_title"], row["input_description"])
        assert dict(product.attributes) == dict.fromkeys(row["target_scores"], "")
        for tag in product.annotations:
            places = row["target_scores"][tag.type][tag.text]["pid"]
            expected += len(places)
            found += len(tag.spans)
            for span in tag.spans:
                assert product.text[span.start : span.end] == tag.text
                assert int(span.start > len(product.title)) in places
    assert expected - found == 47


def test_normalised_values_stand_where_they_are_written(public_data):
    written, normal = load("wdc_pave"), load("wdc_pave", variant="normalized")
    assert {p.id: p.text for p in written.train} == {p.id: p.text for p in normal.train}
    product = next(product for product in normal.train if product.id == "12635953")
    width = next(tag for tag in product.annotations if tag.type == "Width")
    assert width.text == "120.0" and {product.text[s.start : s.end] for s in width.spans} == {"47 1/4", "47-1/4"}
    tags = [tag for product in normal.train for tag in product.annotations]
    assert sum(not tag.spans for tag in tags) < 0.03 * len(tags)


def test_a_test_file_of_upstream_is_read_where_it_is(public_data, tmp_path, monkeypatch):
    assert store.local("wdc_pave/extraction/test.jsonl") is None and not load("wdc_pave").test
    train = tmp_path / wdc_pave.FILES["extraction"]
    train.parent.mkdir(parents=True)
    train.symlink_to(public_data / wdc_pave.FILES["extraction"])
    train.with_name("test.jsonl").write_text(json.dumps(ROW), encoding="utf-8")
    monkeypatch.setenv("TAGKIT_DATA", str(tmp_path))
    (product,) = load("wdc_pave").test
    assert (product.id, product.tags) == ("7", ("red", "Paper", "tags"))
    assert [(tag.text, tag.type, tag.source) for tag in product.annotations] == [
        ("red", "Color", "gold or none"),
        ("Paper", "Material", "gold"),
        ("tags", "Type", "none or gold"),
    ]
    places = {tag.text: [product.text[s.start : s.end + 1] for s in tag.spans] for tag in product.annotations}
    assert places == {"red": ["red\n"], "Paper": ["Paper."], "tags": ["tags,", "tags"]}
