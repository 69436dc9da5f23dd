"""The loss of the BiLSTM-CRF with an instance selector: what the policy learns, and what it leaves out."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural.bilstm import loss  # noqa: E402
from tagkit.neural.crf import CRF  # noqa: E402


def test_the_policy_learns_to_keep_what_is_likely():
    """Of the partially labelled sentences every second is much less likely; all that differs is the policy's state."""
    torch.manual_seed(0)
    crf, policy = CRF(3), torch.nn.Linear(1, 1)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.05)
    allowed = torch.zeros(8, 2, 3, dtype=torch.bool)
    allowed[:, :, 0] = True
    scores = torch.zeros(8, 2, 3)
    scores[::2, :, 1] = 5.0
    batch = {"allowed": allowed, "mask": torch.ones(8, 2), "distant": torch.ones(8, dtype=torch.bool)}
    for _ in range(300):
        optimizer.zero_grad()
        loss(crf, batch, scores, policy(scores[:, 0, 1:2])[:, 0]).backward()
        optimizer.step()
    keeps = policy(scores[:, 0, 1:2])[:, 0].sigmoid()
    assert keeps[::2].max() < 0.2 and keeps[1::2].min() > 0.5


def test_what_the_policy_drops_teaches_nothing():
    crf = CRF(3)
    scores = torch.randn(3, 2, 3, requires_grad=True)
    allowed = torch.zeros(3, 2, 3, dtype=torch.bool)
    allowed[:, :, 0] = True
    distant = torch.tensor([True, True, False])
    batch = {"allowed": allowed, "mask": torch.ones(3, 2), "distant": distant}
    loss(crf, batch, scores, torch.tensor([-100.0, 100.0, -100.0])).backward()
    taught = scores.grad.abs().sum((1, 2)) > 0
    assert taught.tolist() == [False, True, True], "what people labelled is always kept"
