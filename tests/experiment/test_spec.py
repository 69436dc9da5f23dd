"""What an experiment is: rows, runs and fingerprints."""

from __future__ import annotations

from dataclasses import replace

from tagkit.experiment.spec import Data, Experiment, Row, SelfTraining
from tagkit.measures import parse_all


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
        {"self_training": SelfTraining("b")},
    ]
    found = {fingerprint(replace(row, **change)) for change in changes}
    assert len(found | {fingerprint(row)}) == len(changes) + 1
    assert fingerprint(replace(row, note="another", quick=True)) == fingerprint(row)
    combined = replace(row, of=("b",))
    assert fingerprint(combined) != fingerprint(combined, replace(other, params={"min_chars": 3}))


def test_runs_are_all_seeds_and_folds():
    assert Row("a").runs == [(None, None)]
    assert Row("a", seeds=(1, 2), folds=2).runs == [(1, 0), (1, 1), (2, 0), (2, 1)]
