"""Rows of JSON documents and JSON Lines, and the records of annotation tools."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tagkit.datasets.columns import Columns
from tagkit.datasets.json_rows import json_line_rows, json_rows
from tagkit.datasets.products import Converter

SHOP = [{"商品名称": f"纯棉短袖{n}", "标签": "短袖;纯棉"} for n in range(3)]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (json.dumps(SHOP), [1, 1, 1]),
        (json.dumps(SHOP, indent=2), [2, 6, 10]),
        (json.dumps({"total": 3, "products": SHOP}), [1, 1, 1]),
        ("\n".join(map(json.dumps, SHOP)), [1, 2, 3]),
        ("\n".join(json.dumps(row, indent=2) for row in SHOP), [1, 5, 9]),
    ],
    ids=["array", "indented array", "array in an object", "lines", "indented objects"],
)
def test_documents_of_every_form_give_their_rows_with_lines(content, lines):
    rows = list(json_rows(content))
    assert [row.values for row in rows] == SHOP and [row.line for row in rows] == lines


def test_an_object_with_two_lists_or_a_title_is_one_row():
    for row in ({"a": SHOP, "b": SHOP}, {"title": "套装", "parts": SHOP}):
        assert [found.values for found in json_rows(json.dumps(row))] == [row]
    assert list(json_rows("")) == list(json_rows("[]")) == []


def test_what_follows_an_error_is_one_row_with_a_reason():
    *sound, broken = json_rows(json.dumps(SHOP)[:-30])
    assert [row.values for row in sound] == SHOP[:2] and broken.reason.startswith("not JSON from here on: ")
    first, second, end = json_rows('[1,\n {"商品名称": "a"}')
    assert (first.reason, first.line, second.values, second.line) == ("not a JSON object", 1, {"商品名称": "a"}, 2)
    assert (end.values, end.reason) == (None, "the document ends within its list")
    (deep,) = json_rows("[" * 100_000)
    assert deep.reason.startswith("not JSON from here on: ")


def test_a_bad_line_costs_itself_alone():
    rows = list(json_line_rows(['{"title": "a"}\n', "\n", "{broken\n", "[1]\n", '{"title": "b"}']))
    assert [(row.line, row.reason.partition(":")[0]) for row in rows] == [
        (1, ""),
        (3, "not JSON"),
        (4, "not a JSON object"),
        (5, ""),
    ]
    assert rows[1].values == "{broken" and rows[2].values == [1]


def read(record: dict[str, Any]) -> tuple[list[str], list[tuple[str, str, int]]]:
    """Return the tags of an annotation tool's record, and text, type and start of each annotation."""
    (row,) = json_rows(json.dumps(record))
    assert not row.reason and row.values["title"] in ("红色连衣裙", "皮鞋")
    notes = [(note["text"], note["type"], note["spans"][0][0]) for note in row.values["annotations"]]
    return row.values["tags"], notes


def test_records_of_doccano():
    spans = {"id": 1, "text": "红色连衣裙", "label": [[0, 2, "颜色"], [2, 5, "品类"]]}
    assert read(spans) == (["红色", "连衣裙"], [("红色", "颜色", 0), ("连衣裙", "品类", 2)])
    entities = {"text": "皮鞋", "entities": [{"id": 0, "label": "品类", "start_offset": 0, "end_offset": 2}]}
    assert read(entities) == (["皮鞋"], [("皮鞋", "品类", 0)])
    plain = {"id": 2, "text": "牛仔裤", "label": ["裤子", "牛仔"]}
    assert [row.values for row in json_rows(json.dumps(plain))] == [plain], "its labels are a column of tags"


def test_records_of_label_studio():
    span = {"type": "labels", "value": {"start": 0, "end": 2, "text": "红色", "labels": ["颜色"]}}
    choice = {"type": "choices", "value": {"choices": ["夏季"]}}
    levels = {"type": "taxonomy", "value": {"taxonomy": [["女装", "裙"]]}}
    done = {"id": 1, "data": {"text": "红色连衣裙"}, "annotations": [{"result": [span, choice, levels]}]}
    assert read(done) == (["红色", "夏季", "女装/裙"], [("红色", "颜色", 0)])
    assert read({"id": 2, "data": {"text": "皮鞋"}, "annotations": []}) == ([], [])
    dropped = {"data": {"text": "皮鞋"}, "annotations": [{"was_cancelled": True, "result": [choice]}]}
    assert read(dropped) == ([], [])


def test_records_of_argilla():
    answered = {"fields": {"text": "红色连衣裙"}, "responses": {"tags": [{"value": ["红色", "裙"]}]}, "suggestions": {}}
    assert read(answered) == (["红色", "裙"], [])
    span = {"start": 0, "end": 2, "label": "品类"}
    suggested = {"fields": {"text": "皮鞋"}, "responses": {}, "suggestions": {"span": {"value": [span], "score": 0.9}}}
    assert read(suggested) == (["皮鞋"], [("皮鞋", "品类", 0)])


def test_malformed_labels_are_a_reason():
    (row,) = json_rows('[{"text": "红", "label": [[0]]}]')
    assert row.reason.startswith("its labels are malformed: ValueError")


def test_attribute_values_are_annotations_and_the_attributes_are_asked_for():
    line = json.dumps(
        {
            "input": "Acme swim boxer trunks",
            "category": "Swimwear",
            "target_scores": {"Brand": {"Acme": 1}, "Type": {"n/a": 1, "boxer trunks": 1}, "Size": {"n/a": 1}},
        }
    )
    (row,) = json_line_rows([line])
    product = Converter(Columns()).product(row)
    assert (product.title, product.category) == ("Acme swim boxer trunks", "Swimwear")
    assert product.tags == ("Acme", "boxer trunks")
    assert product.attributes == {"Brand": "", "Type": "", "Size": ""}
    assert [(note.type, note.source, note.spans[0].start) for note in product.annotations] == [
        ("Brand", "gold", 0),
        ("Type", "none or gold", 10),
    ]
