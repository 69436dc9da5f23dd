"""The allowed values of one attribute."""

from __future__ import annotations

import pytest

from tagkit.datasets.attribute_rows import gold_source, values_of


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
