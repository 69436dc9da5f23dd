"""The network with one hidden layer that scores tags."""

from dataclasses import dataclass

import numpy as np
import torch

from tagkit.neural import head
from tagkit.neural.head import HeadOptions, head_logits


@dataclass(kw_only=True)
class Head(HeadOptions):
    name = "head"


def data(n=120):
    """Return vectors, and three tags: the sign of the first and of the second value, and whether they differ."""
    x = np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32)
    signs = x[:, :2] > 0
    return x, np.column_stack([signs, signs[:, 0] != signs[:, 1]]).astype(np.float32)


def test_it_learns_what_no_single_layer_can_and_the_seed_decides():
    x, y = data(400)
    options = {"hidden": 32, "epochs": 60, "batch_size": 20, "learning_rate": 1e-2, "dropout": 0.0}
    layers, again = (Head(**options).train_head(x, y) for _ in range(2))
    assert [part.shape for part in layers] == [(5, 32), (32,), (32, 3), (3,)]
    assert all((one == other).all() for one, other in zip(layers, again, strict=True))
    assert ((head_logits(layers, x) > 0) == y).mean(axis=0).min() > 0.95
    assert not (Head(**options, seed=1).train_head(x, y)[0] == layers[0]).all()


def test_each_product_is_seen_once_an_epoch(monkeypatch):
    monkeypatch.setattr(head, "LEAST_STEPS", 6)
    x, y = data()
    seen = []

    def inputs(rows):
        seen.append(rows)
        return torch.from_numpy(x)[rows]

    network = Head(epochs=1, batch_size=40).train_network(lambda: torch.nn.Linear(5, 3), inputs, y)
    assert isinstance(network, torch.nn.Linear) and [len(rows) for rows in seen] == [40] * 6
    assert sorted(torch.cat(seen[:3]).tolist()) == list(range(120)) != torch.cat(seen[:3]).tolist()
