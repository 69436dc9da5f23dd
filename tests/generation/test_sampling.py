"""Sampling: it follows the distribution and is repeatable, whatever the batch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
from toy_decoder import END, KEYS, PROMPTS, SPECIAL, TAGS, written  # noqa: E402

from tagkit.generation import PrefixTree, Search, TagListGrammar, decode  # noqa: E402
from tagkit.generation.causal import CausalStepper  # noqa: E402
from tagkit.generation.sampling import sample  # noqa: E402


def test_sampling_follows_the_distribution():
    logs = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    random = (np.arange(1000) + 0.5) / 1000

    def shares(**params):
        found = sample(logs.expand(1000, 4), random, **params)[:, 0]
        return (np.bincount(found.numpy(), minlength=4) / 1000).round(3).tolist()

    assert shares() == [0.5, 0.3, 0.15, 0.05]
    assert shares(top_p=0.7) == [0.625, 0.375, 0, 0]
    assert shares(top_p=0.81) == pytest.approx([0.526, 0.316, 0.158, 0], abs=2e-3)
    assert shares(min_p=0.5) == [0.625, 0.375, 0, 0]
    assert shares(temperature=0.5) == pytest.approx([0.685, 0.247, 0.062, 0.007], abs=2e-3)
    assert shares(temperature=1e-3) == [1, 0, 0, 0]
    wide = torch.zeros(2, 2000).log_softmax(-1)
    found = sample(wide, np.array([0.0, 0.99925]), top_p=0.9)[:, 0]
    assert found.tolist() == [0, 1998], "equal tokens at the border are all kept"
    # Over more columns than one block: the inverse of the cumulative distribution.
    many = torch.randn(1, 1000, generator=torch.Generator().manual_seed(0)).mul(2).log_softmax(-1)
    total = many[0].exp().double().cumsum(0)
    points = np.linspace(0, 0.9999, 500)
    expected = torch.searchsorted(total, torch.from_numpy(points) * total[-1], right=True)
    found = sample(many.expand(500, -1), points)[:, 0]
    assert (found == expected).float().mean() > 0.99 and (found - expected).abs().max() <= 1


@pytest.mark.parametrize("grammar", [False, True])
def test_sampling_is_repeatable_whatever_the_batch(llama, grammar):
    search = Search(method="sample", returns=4, tokens=12, temperature=1.5, top_p=0.95, min_p=0.01, seed=3)
    rules = [TagListGrammar(PrefixTree(TAGS), SPECIAL)] * len(PROMPTS) if grammar else None

    def drawn(order):
        stepper = CausalStepper(llama, 0)
        picked = None if rules is None else [rules[i] for i in order]
        return decode(stepper, [PROMPTS[i] for i in order], search, END, grammars=picked, keys=[KEYS[i] for i in order])

    batch = drawn(range(len(PROMPTS)))
    assert written(batch) == [written(drawn([i]))[0] for i in range(len(PROMPTS))]
    order = [3, 0, 5, 1, 4, 2]
    assert written(drawn(order)) == [written(batch)[i] for i in order]
    assert written(batch)[0] == written(batch)[5], "equal texts are drawn alike"
    assert len({text for row in written(batch) for text in row}) > 6
    other = Search(method="sample", returns=4, tokens=12, temperature=1.5, seed=4)
    assert written(decode(CausalStepper(llama, 0), PROMPTS, other, END, keys=KEYS)) != written(batch)
