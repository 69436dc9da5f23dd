"""Spans from the labels of tokens."""

from __future__ import annotations

import pytest

from tagkit.neural import bio


def test_greedy_decoding_takes_each_tokens_own_label_and_begins_what_did_not_begin():
    # Labels: outside, begins A, goes on A, begins B, goes on B; a blank between tokens belongs to what goes on.
    tokens = [(0, 1, 0), (1, 2, 2), (2, 3, 4), (3, 4, 1), (4, 5, 0), (5, 6, 2), (6, 7, 3), (8, 10, 4), (10, 11, 1)]
    found = bio.greedy_spans([(*token, 0.6) for token in tokens], ["A", "B"])
    assert [(start, end, kind) for start, end, kind, _ in found] == [
        (1, 2, "A"),
        (2, 3, "B"),
        (3, 4, "A"),
        (5, 6, "A"),
        (6, 10, "B"),
        (10, 11, "A"),
    ]
    assert [score for *_, score in found] == [pytest.approx(0.6)] * 6
    (found,) = bio.greedy_spans([(0, 1, 1, 0.9), (1, 4, 2, 0.4)], ["A"])
    assert found == (0, 4, "A", pytest.approx((0.9 * 0.4**3) ** 0.25))
