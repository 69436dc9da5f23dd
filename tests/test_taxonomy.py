"""All tags above a tag, by hand."""

import pytest

from tagkit.errors import BadInput
from tagkit.taxonomy import ancestors

TABLE = {"running shoe": ("sneaker", "sports"), "sneaker": ("shoe",), "shoe": ("clothing",), "sports": ("clothing",)}


def test_all_tags_above_a_tag_the_nearest_first():
    above = ancestors(TABLE)
    assert above["running shoe"] == ("sneaker", "sports", "shoe", "clothing")
    assert above["sneaker"] == ("shoe", "clothing") and above["shoe"] == ("clothing",)
    assert "clothing" not in above and ancestors({}) == {}


@pytest.mark.parametrize(
    ("table", "circle"),
    [
        ({"a": ("a",)}, "a → a"),
        ({"a": ("b",), "b": ("x", "c"), "c": ("a",)}, "a → b → c → a"),
    ],
)
def test_a_circle_is_named(table, circle):
    with pytest.raises(BadInput, match=f"no tag can be broader than itself: {circle}$"):
        ancestors(table)


def test_a_table_that_is_no_taxonomy_is_refused_at_once():
    with pytest.raises(BadInput, match="'0' has more than 1,000 broader tags"):
        ancestors({str(i): (str(i + 1),) for i in range(100_000)})
