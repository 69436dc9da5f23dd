"""The network of `sequence`: losses of labels and of probabilities, and batches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural import Backbone  # noqa: E402
from tagkit.neural.inference import pad  # noqa: E402
from tagkit.neural.token_classifier import TokenClassifier, collate, lowest_margin  # noqa: E402
from tagkit.neural.tokens import Window  # noqa: E402


@pytest.fixture
def net(tiny_model):
    torch.manual_seed(0)
    return TokenClassifier(Backbone.load(str(tiny_model)), 5, 0.0, crf=False)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_probabilities_of_one_label_have_the_loss_of_that_label(net, smoothing):
    scores = torch.randn(2, 4, 5)
    labels = torch.tensor([[-100, 0, 1, 2], [-100, 3, 4, -100]])
    soft = torch.nn.functional.one_hot(labels.clamp(min=0), 5).float() * (labels >= 0)[..., None]
    assert net.loss(scores, soft, smoothing).item() == pytest.approx(net.loss(scores, labels, smoothing).item())


def test_the_loss_of_probabilities_is_least_where_the_scores_are_theirs(net):
    soft = torch.tensor([[[0.7, 0.2, 0.1, 0.0, 0.0], [0.0] * 5]])
    best = net.loss(soft.clamp(min=1e-9).log(), soft, 0.0)
    others = [net.loss(soft.clamp(min=1e-9).log() + 0.3 * torch.randn(1, 2, 5), soft, 0.0) for _ in range(20)]
    assert best.item() == pytest.approx(0.8018, abs=1e-3) and min(others) >= best


@pytest.mark.parametrize("crf", [False, True])
def test_an_unsure_token_may_be_outside_or_of_a_late_type(tiny_model, crf):
    net = TokenClassifier(Backbone.load(str(tiny_model)), 5, 0.0, crf=crf)
    net.late = [0, 3, 4]
    scores = torch.randn(1, 4, 5)
    unsure = torch.tensor([[-100, 1, net.unsure, net.unsure]])
    ways = [(0, 0), (0, 3), (3, 0), (3, 3), (3, 4), *([] if crf else [(0, 4), (4, 0), (4, 3), (4, 4)])]
    losses = [net.loss(scores, torch.tensor([[-100, 1, *way]]), 0.0) for way in ways]
    together = -torch.stack([-3 * loss for loss in losses]).logsumexp(0) / 3
    assert net.loss(scores, unsure, 0.0).item() == pytest.approx(together.item(), abs=1e-4)
    sure = torch.tensor([[-100, 1, 2, 0]])
    assert net._partial_loss(scores, sure).item() == pytest.approx(net.loss(scores, sure, 0.0).item(), abs=1e-4)


def test_a_batch_holds_labels_or_probabilities():
    windows = [Window(0, np.arange(n), np.arange(n), np.arange(1, n + 1)) for n in (2, 3)]
    labels = collate(windows, [np.arange(2), np.arange(3)], 9)
    assert labels["labels"].tolist() == [[0, 1, -100], [0, 1, 2]] and labels["ids"].tolist() == [[0, 1, 9], [0, 1, 2]]
    soft = collate(windows, [np.full((2, 5), 0.2), np.full((3, 5), 0.2)], 9)["labels"]
    assert soft.shape == (2, 3, 5) and soft.sum(-1)[0].tolist() == pytest.approx([1, 1, 0])


def test_hints_are_added_to_the_scores_of_labels(net):
    given = {"hints": np.arange(10, dtype=np.float32).reshape(2, 5)}
    windows = [
        Window(0, np.array([2, 5]), np.arange(2), np.arange(1, 3)),
        Window(1, np.array([2, 5, 6]), *[np.arange(3)] * 2),
    ]
    one = collate([replace(windows[0], **given)], [np.arange(2)], 0)
    assert one["hints"].tolist() == [given["hints"].tolist()]
    with torch.no_grad():
        scores = net.eval()(one["ids"], one["mask"])
        assert net(one["ids"], one["mask"], one["hints"]).allclose(scores + one["hints"])
    longer = np.ones((3, 5), dtype=np.float32)
    both = pad([replace(windows[0], **given), replace(windows[1], hints=longer)], 0)["hints"]
    assert both.shape == (2, 3, 5) and both[0, 2].tolist() == [0] * 5 and "hints" not in pad(windows, 0)


def test_the_lowest_margin_is_of_the_token_that_is_least_sure():
    row = np.array([[0.9, 0.1, 0.0], [0.3, 0.6, 0.1]], dtype=np.float32)
    assert lowest_margin(row) == pytest.approx(np.log(2), abs=1e-5)
