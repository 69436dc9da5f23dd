"""Checkpoints: which run they belong to, when they expire, and a file that does not fit."""

from __future__ import annotations

import os
import time

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from torch import nn  # noqa: E402

from tagkit.neural.checkpoint import Checkpoint, checkpoint_file  # noqa: E402


def test_a_checkpoint_belongs_to_its_train_and_dev(products):
    places = [checkpoint_file("encoder", {}, products[:n], products[n:]) for n in (12, 13, 13)]
    assert places[0] != places[1] == places[2]


def test_checkpoints_that_were_never_resumed_are_removed_after_two_weeks(products, tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    file = checkpoint_file("encoder", {}, products, [])
    for name, age in (("old", 15), ("new", 13)):
        path = file.with_name(f"{name}.safetensors")
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age * 86400,) * 2)
    checkpoint_file("encoder", {}, products, [])
    assert [path.stem for path in file.parent.glob("*.safetensors")] == ["new"]


def checkpoint(path, average=False) -> tuple[nn.Module, Checkpoint]:
    model = nn.Linear(2, 1)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return model, Checkpoint(path, dict(model.named_parameters()), optimizer, average=average)


def test_a_file_restores_weights_optimiser_average_and_best_epoch(tmp_path, monkeypatch):
    monkeypatch.setattr(Checkpoint, "SECONDS", 0.0)
    model, state = checkpoint(tmp_path / "run.safetensors", average=True)
    assert not state.end_epoch(0.5, 2)
    state.save()
    other, again = checkpoint(tmp_path / "run.safetensors", average=True)
    assert torch.equal(other.weight, model.weight) and (again.epoch, again.best) == (1, 0.5)
    assert torch.equal(again.average["weight"], state.average["weight"])
    assert torch.equal(again.best_weights["bias"], state.best_weights["bias"])
    moments = [each.optimizer.state[net.weight]["exp_avg"] for each, net in ((state, model), (again, other))]
    assert torch.equal(*moments)


def test_the_average_replaces_the_weights_for_a_while():
    model, state = checkpoint(None, average=True)
    own = model.weight.detach().clone()
    with torch.no_grad():
        model.weight.add_(1.0)
    state.step = 10_000
    state.update_average(0.75)
    with state.averaged():
        assert torch.allclose(model.weight, own + 0.25)
    assert torch.allclose(model.weight, own + 1)


def test_a_file_of_another_model_is_ignored(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(Checkpoint, "SECONDS", 0.0)
    _, state = checkpoint(tmp_path / "run.safetensors")
    state.end_epoch(0.5, 0)
    state.save()
    larger = nn.Linear(3, 1)
    fresh = Checkpoint(
        state.path, dict(larger.named_parameters()), torch.optim.AdamW(larger.parameters()), average=False
    )
    assert fresh.epoch == 0 and "of another model" in caplog.text
