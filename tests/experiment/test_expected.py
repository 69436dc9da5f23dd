"""Expected scores: verdicts on what is measured beside them, and how they are written."""

import pytest

from tagkit.experiment.expected import FAIL, OK, OKISH, Expected, Origin, rounded


@pytest.mark.parametrize(
    ("value", "digits", "measured", "expected"),
    [
        (82.1, 1, 82.149, OK),
        (82.1, 2, 82.149, OKISH),
        (82.1, 2, 82.6, OKISH),
        (82.1, 2, 82.61, FAIL),
        (0.0, 1, -0.01, OK),
    ],
)
def test_a_verdict_goes_by_the_printed_digits_and_the_tolerance(value, digits, measured, expected):
    assert Expected(value, digits, 0.5, Origin("published")).verdict(measured) == expected


@pytest.mark.parametrize(("value", "digits", "text"), [(82.149, 1, "82.1"), (-0.01, 1, "0.0"), (-0.06, 1, "-0.1")])
def test_a_score_is_rounded_without_a_negative_zero(value, digits, text):
    assert rounded(value, digits) == text


def test_an_origin_names_the_date_of_our_own_run():
    assert str(Origin("published")) == "published"
    assert str(Origin("ours", date="2026-11-02")) == "ours, 2026-11-02"
