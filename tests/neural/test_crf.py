"""The conditional random field: loss, partial labels and marginals against enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural.crf import CRF  # noqa: E402


def well_formed(path):
    return all(b in (0, 1, 3) or a in (b, b - 1) for a, b in itertools.pairwise((0, *path)))


def test_loss_and_marginals_agree_with_an_exhaustive_sum():
    torch.manual_seed(0)
    crf = CRF(5)
    torch.nn.init.normal_(crf.transitions)
    scores = torch.randn(2, 4, 5)
    labels = torch.tensor([[-100, 1, 2, 0], [3, 4, -100, -100]])
    paths = [p for p in itertools.product(range(5), repeat=3) if well_formed(p)]

    def weight(path, row):
        moved = sum(crf.transitions[a, b].item() for a, b in itertools.pairwise(path))
        return moved + sum(float(row[i, label]) for i, label in enumerate(path))

    weights = torch.tensor([weight(path, scores[0, 1:]) for path in paths])
    short = [p for p in itertools.product(range(5), repeat=2) if well_formed(p)]
    short_weights = torch.tensor([weight(path, scores[1, :2]) for path in short])
    wanted = weights.logsumexp(0) - weight((1, 2, 0), scores[0, 1:])
    wanted = wanted + short_weights.logsumexp(0) - weight((3, 4), scores[1, :2])
    assert float(crf.loss(scores, labels).detach()) == pytest.approx(float(wanted) / 5, abs=1e-4)
    found = crf.marginals(scores, labels >= 0).detach()
    chances = weights.softmax(0)
    for at, label in itertools.product(range(3), range(5)):
        truth = sum(float(c) for c, path in zip(chances, paths, strict=True) if path[at] == label)
        assert float(found[0, at + 1, label]) == pytest.approx(truth, abs=1e-4)
    assert float(found[0, 0].sum()) == 0


def test_likelihood_of_partial_labels_agrees_with_enumeration():
    torch.manual_seed(0)
    crf = CRF(5)
    torch.nn.init.normal_(crf.transitions)
    scores = torch.randn(4, 4, 5)
    allowed = torch.zeros(4, 4, 5, dtype=torch.bool)
    allowed[0] = True  # nothing is known
    for at, label in enumerate((1, 2, 0, 3)):  # everything is
        allowed[1, at, label] = True
    allowed[2, 0], allowed[2, 2] = True, True  # some is, and the row is shorter
    allowed[2, 1, 3] = True
    found = crf.log_likelihood(scores, allowed).detach()
    for row, length in enumerate((4, 4, 3)):
        weights = {}
        for path in filter(well_formed, itertools.product(range(5), repeat=length)):
            moved = sum(crf.transitions[a, b].item() for a, b in itertools.pairwise(path))
            weights[path] = moved + sum(float(scores[row, at, label]) for at, label in enumerate(path))
        agreeing = [w for path, w in weights.items() if all(allowed[row, at, label] for at, label in enumerate(path))]
        wanted = np.logaddexp.reduce(agreeing) - np.logaddexp.reduce(list(weights.values()))
        assert float(found[row]) == pytest.approx(wanted, abs=1e-4)
    assert float(found[0]) == pytest.approx(0, abs=1e-5) and float(found[3]) == 0
    labels = torch.tensor([[1, 2, 0, 3]])
    assert float(crf.loss(scores[1:2], labels).detach()) == pytest.approx(-float(found[1]) / 4, abs=1e-4)


def test_long_rows_stay_exact():
    torch.manual_seed(0)
    crf, scores = CRF(5), 5 * torch.randn(1, 4000, 5)
    torch.nn.init.normal_(crf.transitions)
    whole = crf.marginals(scores, torch.ones(1, 4000, dtype=torch.bool))[0, -50:-20].detach()
    tail = crf.marginals(scores[:, -500:], torch.ones(1, 500, dtype=torch.bool))[0, -50:-20].detach()
    assert float((whole - tail).abs().max()) < 1e-4
