"""Length buckets: every example once, little padding."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural.batches import shuffled_buckets, sorted_buckets  # noqa: E402


def test_buckets_hold_every_example_once_and_like_lengths_together():
    lengths = [(7 * i) % 50 + 1 for i in range(1000)]
    batches = shuffled_buckets(lengths, 16, seed=1, epoch=0)
    assert sorted(i for batch in batches for i in batch) == list(range(1000))
    padded = sum(max(lengths[i] for i in batch) * len(batch) for batch in batches)
    assert padded < 1.1 * sum(lengths)
    assert batches == shuffled_buckets(lengths, 16, seed=1, epoch=0)
    assert batches != shuffled_buckets(lengths, 16, seed=1, epoch=1)


def test_prediction_buckets_keep_to_their_tokens():
    lengths = [5, 900, 7, 6, 5000, 5]
    batches = sorted_buckets(lengths, tokens=1000, most=3)
    assert sorted(i for batch in batches for i in batch) == list(range(6))
    assert [4] in batches
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 1000
        assert len(batch) <= 3
