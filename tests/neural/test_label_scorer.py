"""Multi-label classification: which tags are learned, and the losses."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural import label_scorer  # noqa: E402
from tagkit.neural.label_scorer import frequent_tags, multilabel_loss  # noqa: E402
from tagkit.product import Product  # noqa: E402


def test_losses_are_those_of_the_papers():
    logits, gold = torch.tensor([[0.0, 2.0], [1.0, -5.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    weights = torch.tensor([3.0, 1.0])
    two, one, low = (1 / (1 + math.exp(-x)) for x in (2.0, 1.0, -5.0))
    parts = {
        "bce": [3 * math.log(2), -math.log(1 - two), -math.log(1 - one), -math.log(1 - low)],
        "focal": [3 * 0.25 * math.log(2), *(-(p**2) * math.log(1 - p) for p in (two, one, low))],
        "asymmetric": [3 * math.log(2), *(-((p - 0.05) ** 4) * math.log(1.05 - p) for p in (two, one)), 0.0],
    }
    for name, values in parts.items():
        assert float(multilabel_loss(name, logits, gold, weights)) == pytest.approx(sum(values) / 2, abs=1e-6)
        logits.requires_grad_()
        (slope,) = torch.autograd.grad(multilabel_loss(name, 30 * logits, gold, weights), logits)
        assert slope.isfinite().all()
        logits = logits.detach()


def test_rare_tags_are_left_out_of_large_vocabularies(monkeypatch):
    products = [Product("1", "a", tags=("often", "once")), Product("2", "b", tags=("often", "often"))]
    assert frequent_tags(products, None, "encoder") == (["often", "once"], 1)
    monkeypatch.setattr(label_scorer, "FEW_TAGS", 1)
    assert frequent_tags(products, None, "encoder") == (["often"], 2)
    assert frequent_tags(products, 1, "encoder") == (["often", "once"], 1)
    with pytest.raises(BadInput, match="encoder: no tag occurs 3 times in train"):
        frequent_tags(products, 3, "encoder")
