"""Decoding loop: early exit, batches, settings."""

from __future__ import annotations

import itertools

import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
from toy_decoder import END, KEYS, PROMPTS, SEARCHES, Table, written  # noqa: E402

from tagkit.generation import Search, decode  # noqa: E402
from tagkit.generation.causal import CausalStepper  # noqa: E402


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.method)
def test_dropping_finished_rows_saves_work_and_changes_nothing(search):
    prompts = [[n] for n in range(24)]
    keys = list(map(str, prompts))
    search = Search(**{**vars(search), "tokens": 40, "length_power": 0.0})
    found, costs = [], []
    for drop in (0.125, 2.0):
        table = Table()
        found.append(written(decode(table, prompts, search, END, keys=keys, drop=drop)))
        costs.append(table.computed)
    assert found[0] == found[1]
    assert costs[0] < 0.8 * costs[1]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.method)
@pytest.mark.parametrize("prefix", [[], [20, 21]])
def test_one_item_and_a_batch_agree(llama, search, prefix):
    stepper = CausalStepper(llama, 0, prefix)
    batch = decode(stepper, PROMPTS, search, END, keys=KEYS)
    alone = [decode(stepper, [p], search, END, keys=[k])[0] for p, k in zip(PROMPTS, KEYS, strict=True)]
    assert written(batch) == written(alone)
    for one, other in zip(itertools.chain(*batch), itertools.chain(*alone), strict=True):
        assert one.log_probs == pytest.approx(other.log_probs, abs=1e-4)
