"""Gradients at the vectors of tokens, beside a network whose weights can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tagkit.neural import gradients  # noqa: E402
from tagkit.neural.tokens import Window  # noqa: E402


class Summed(torch.nn.Module):
    """The square of the sum of the first entries of all token vectors, or the sum itself."""

    def __init__(self, power: int) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(4, 2)
        self.embed.weight.data = torch.tensor([[0.0, 1.0], [1.0, 5.0], [2.0, 5.0], [-1.0, 5.0]])
        self.power = power

    def score(self, ids: torch.Tensor) -> torch.Tensor:
        return self.embed(ids)[..., 0].sum(1) ** self.power


def made(power: int, share: float = 1.0) -> gradients.TokenScore:
    net = Summed(power)
    # the first token is special; the others are the characters 0-2, 2-3 and 3-5
    window = Window(0, np.array([0, 1, 2, 3]), np.array([-1, 0, 2, 3]), np.array([-1, 2, 3, 5]))
    return gradients.TokenScore(net, net.embed, net.score, window, 0, share)


@pytest.mark.parametrize("method", gradients.GRADIENTS)
def test_a_linear_score_gives_each_token_its_own_summand(method):
    found = gradients.token_weights([made(1, 0.5)], method)
    assert [piece[:2] for piece in found] == [(0, 2), (2, 3), (3, 5)]
    assert [piece[2] for piece in found] == pytest.approx([0.5, 1.0, -0.5], abs=1e-5)


def test_integrated_gradients_sum_to_the_difference_from_the_empty_text():
    found = gradients.token_weights([made(2)], "integrated gradients")
    assert sum(weight for *_, weight in found) == pytest.approx(4.0, abs=1e-3)  # (1 + 2 - 1)^2 - 0
    times = gradients.token_weights([made(2)], "gradient × input")
    assert [weight for *_, weight in times] == pytest.approx([4.0, 8.0, -4.0], abs=1e-4)


def test_only_integrated_gradients_need_captum(monkeypatch):
    assert gradients.missing("integrated gradients") == ""
    monkeypatch.setattr(gradients, "find_spec", lambda name: None)
    assert 'pip install "tagkit[explain]"' in gradients.missing("integrated gradients")
    assert gradients.missing("gradient × input") == ""


def test_the_log_probability_of_labels_is_a_weighted_mean():
    probabilities = torch.tensor([[[0.5, 0.5], [0.25, 0.75]]])
    counts = np.array([1.0, 3.0])
    found = gradients.mean_log_probability(probabilities, np.array([0, 1]), np.array([0, 1]), counts)
    assert found.tolist() == pytest.approx([0.25 * np.log(0.5) + 0.75 * np.log(0.75)], abs=1e-6)
