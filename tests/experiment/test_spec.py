"""What an experiment is: verdicts, commands and fingerprints."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tagkit.experiment import spec
from tagkit.experiment.spec import Data, Expected, Experiment, Origin, Row
from tagkit.measures import parse_all


@pytest.mark.parametrize(
    ("value", "digits", "measured", "expected"),
    [
        (82.1, 1, 82.149, spec.OK),
        (82.1, 2, 82.149, spec.OKISH),
        (82.1, 2, 82.6, spec.OKISH),
        (82.1, 2, 82.61, spec.FAIL),
        (0.0, 1, -0.01, spec.OK),
    ],
)
def test_a_verdict_goes_by_the_printed_digits_and_the_tolerance(value, digits, measured, expected):
    assert spec.verdict(Expected(value, digits, 0.5, Origin("published")), measured) == expected
    assert spec.verdict(None, measured) == spec.NEW


def test_a_fingerprint_follows_everything_that_a_row_computes():
    row = Row("a", "ensemble", {"limit": 3}, seeds=(0,))
    other = Row("b", "lexicon")

    def fingerprint(row: Row, other: Row = other) -> str:
        data = Data("catalogue")
        return Experiment("e", data, (other, row), tuple(parse_all(["F1@M"]))).fingerprint(row)

    changes = [
        {"params": {"limit": 4}},
        {"seeds": (1,)},
        {"share": 0.5},
        {"folds": 5},
        {"refine": ()},
        {"options": {"lang": "zh"}},
        {"decoding": {"penalty": 1}},
        {"of": ("b",)},
        {"self_training": spec.SelfTraining("b")},
    ]
    found = {fingerprint(replace(row, **change)) for change in changes}
    assert len(found | {fingerprint(row)}) == len(changes) + 1
    assert fingerprint(replace(row, note="another", quick=True)) == fingerprint(row)
    combined = replace(row, of=("b",))
    assert fingerprint(combined) != fingerprint(combined, replace(other, params={"min_chars": 3}))


def test_runs_are_all_seeds_and_folds():
    assert Row("a").runs == [(None, None)]
    assert Row("a", seeds=(1, 2), folds=2).runs == [(1, 0), (1, 1), (2, 0), (2, 1)]
