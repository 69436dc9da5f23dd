"""Numbers and units in values."""

from __future__ import annotations

import pytest

from tagkit.refine.quantities import NUMBER, NumberFormat, learn_unit, number_of, quantity


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ('42-1/2"', [42.5]),
        ("70 5/8 x 3", [70.625, 3]),
        ("1,000/Box", [1000]),
        ("7.2K RPM, .5", [7.2, 0.5]),
        ("3/4", [0.75]),
        ("5/0", [5]),
        ("none", []),
    ],
)
def test_numbers(text, numbers):
    assert [number_of(found) for found in NUMBER.findall(text)] == numbers


def test_quantities_have_the_unit_behind_the_number():
    assert quantity("about 12-inch deep") == (12, "inch")
    assert quantity('8 1/2"') == (8.5, '"')
    assert quantity("30") == (30, "") and quantity("thirty") is None


def test_numbers_are_written_as_those_that_are_wanted():
    assert NumberFormat.of(["1.0", "2.5 cm"])(3) == "3.0"
    assert NumberFormat.of(["4", "1.5"])(2.0) == "2" and NumberFormat.of(["x"])(0.25) == "0.25"


def test_a_unit_is_learned_and_other_units_are_converted():
    pytest.importorskip("pint", reason="units need tagkit[units]")
    convert = learn_unit([('16"', "40.6"), ("3", "7.6"), ("15 inches", "38.1"), ("9 1/8", "23.2"), ("80 cm", "80.0")])
    assert convert is not None
    assert convert("2 ft") == "61.0" and convert("120 mm") == "12.0" and convert("10") == "25.4"
    assert convert("5 kg") is None and convert("wide") is None
    assert learn_unit([("a", "1"), ("2 kg", "b")]) is None
