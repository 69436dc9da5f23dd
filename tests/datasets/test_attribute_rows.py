"""The allowed values of one attribute."""

from __future__ import annotations

import pytest

from tagkit.datasets.attribute_rows import annotations_in, gold_source, product_fields, values_of
from tagkit.tags import Span


@pytest.mark.parametrize(
    ("allowed", "values", "source"),
    [
        ({"Acme ": 1, "Acme": 1}, ["Acme"], "gold"),
        ({"n/a": 1}, [], "none or gold"),
        ({"n/a": 1, "Trunks": 1}, ["Trunks"], "none or gold"),
        ({"Trunks": 1, "n/a": 1, "": 1}, ["Trunks"], "gold or none"),
    ],
)
def test_values_and_whether_none_is_allowed(allowed, values, source):
    assert (values_of(allowed), gold_source(allowed)) == (values, source)


def test_annotations_stand_at_the_first_whole_word():
    found = annotations_in("Tea500 Tea, 500 g", {"Type": {"Tea": 1}, "Size": {"500": 1}, "Brand": {"n/a": 1}})
    assert [(tag.text, tag.type, tag.spans) for tag in found] == [
        ("Tea", "Type", (Span(7, 10),)),
        ("500", "Size", (Span(12, 15),)),
    ]


def test_the_fields_of_a_row():
    row = {"input": "Acme tea", "target_scores": {"Brand": {"Acme": 1}, "Maker": {"Acme": 1}, "Size": {"n/a": 1}}}
    found = product_fields(row)
    assert (found["title"], found["tags"]) == ("Acme tea", ("Acme",))
    assert found["attributes"] == {"Brand": "", "Maker": "", "Size": ""}
    assert [tag.type for tag in found["annotations"]] == ["Brand", "Maker"]
