"""The training loop: seeds, early stopping, averages of weights, resuming after a kill, curves."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from torch import nn  # noqa: E402

from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural import TrainOptions, train  # noqa: E402
from tagkit.neural.checkpoint import Checkpoint  # noqa: E402
from tagkit.neural.training import FastDropout, Progress  # noqa: E402

INPUTS = torch.linspace(-1, 1, 64).reshape(32, 2)
TARGETS = INPUTS @ torch.tensor([[2.0], [-1.0]]) + 0.5


def network() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.2), nn.Tanh(), nn.Linear(8, 1))


def collate(rows):
    return {"x": INPUTS[list(rows)], "y": TARGETS[list(rows)]}


def loss(model, batch):
    return nn.functional.mse_loss(model(batch["x"]), batch["y"])


def score(model):
    device = next(model.parameters()).device
    return -loss(model, {key: value.to(device) for key, value in collate(range(32)).items()}).item()


def run(model, options, **keywords):
    return train(model, loss, collate, [1 + i % 5 for i in range(len(INPUTS))], options, show=False, **keywords)


def weights(model):
    return torch.cat([value.detach().cpu().flatten() for value in model.parameters()])


def test_training_lowers_the_loss_and_keeps_a_history():
    model = network()
    history = run(model, TrainOptions(epochs=60, learning_rate=0.03, batch_size=8, precision="fp32"))
    epochs = [row["epoch_loss"] for row in history if "epoch_loss" in row]
    assert len(epochs) == 60
    assert epochs[-1] < 0.2 * epochs[0]
    rates = [row["learning_rate"] for row in history if "learning_rate" in row]
    assert max(rates) == pytest.approx(0.03)
    assert rates[0] < 0.01
    assert rates[-1] < 0.001


def test_the_same_seed_gives_the_same_weights_and_leaves_the_random_state():
    options = TrainOptions(epochs=3, batch_size=8, learning_rate=0.01, precision="fp32", average=0.9)
    first, second, other = network(), network(), network()
    torch.manual_seed(77)
    state = torch.get_rng_state()
    run(first, options)
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(5)
    run(second, options)
    run(other, replace(options, seed=1))
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(weights(first), weights(other))


def test_a_killed_run_resumes_with_the_same_result(tmp_path, monkeypatch):
    monkeypatch.setattr(Checkpoint, "SECONDS", 0.0)
    file = tmp_path / "run.safetensors"
    options = TrainOptions(epochs=6, batch_size=8, learning_rate=0.02, precision="fp32", average=0.8)
    whole = network()
    history = run(whole, options, evaluate=score)
    calls = []

    def evaluate(model):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return score(model)

    with pytest.raises(KeyboardInterrupt):
        run(network(), options, evaluate=evaluate, checkpoint=file)
    assert file.is_file()
    again = network()
    resumed = run(again, options, evaluate=evaluate, checkpoint=file)
    assert len(calls) == 4 + 3
    assert torch.equal(weights(again), weights(whole))
    assert [row.get("loss") for row in resumed] == [row.get("loss") for row in history]
    assert not file.exists()


def test_a_checkpoint_that_does_not_fit_is_ignored(tmp_path, caplog):
    file = tmp_path / "run.safetensors"
    file.write_bytes(b"no safetensors")
    model, plain = network(), network()
    options = TrainOptions(epochs=2, batch_size=8, precision="fp32")
    run(model, options, checkpoint=file)
    run(plain, options)
    assert "cannot be used" in caplog.text
    assert torch.equal(weights(model), weights(plain))


def test_early_stopping_keeps_the_best_epoch():
    values = iter([0.1, 0.5, 0.3, 0.2, 0.9])
    seen = []

    def evaluate(model):
        seen.append(weights(model).clone())
        return next(values)

    model = network()
    run(model, TrainOptions(epochs=5, batch_size=8, precision="fp32", patience=2), evaluate=evaluate)
    assert len(seen) == 4
    assert torch.equal(weights(model), seen[1])


def test_fast_dropout_keeps_the_mean_and_the_share():
    layer = FastDropout(0.25)
    torch.manual_seed(0)
    found = layer(torch.ones(1000, 1001))
    assert found.eq(0).float().mean().item() == pytest.approx(0.25, abs=0.005)
    assert found.mean().item() == pytest.approx(1, abs=0.005)
    assert not torch.equal(found[0], found[1])
    assert torch.equal(layer.eval()(torch.ones(3)), torch.ones(3))
    assert torch.equal(FastDropout(0.0)(torch.ones(3)), torch.ones(3))


def test_frozen_parameters_stay():
    model = network()
    model[0].requires_grad_(False)
    before = model[0].weight.clone(), model[3].weight.clone()
    run(model, TrainOptions(epochs=1, precision="fp32"))
    assert torch.equal(model[0].weight.cpu(), before[0])
    assert not torch.equal(model[3].weight.cpu(), before[1])


def test_bf16_trains_too():
    model = network()
    history = run(model, TrainOptions(epochs=40, learning_rate=0.03, batch_size=8, precision="bf16"))
    epochs = [row["epoch_loss"] for row in history if "epoch_loss" in row]
    assert epochs[-1] < 0.4 * epochs[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 1.5},
        {"learning_rate": -1},
        {"precision": "fp8"},
        {"average": 1.0},
        {"learning_rate": None},
    ],
)
def test_a_wrong_setting_is_named(wrong):
    with pytest.raises(BadInput, match=next(iter(wrong))):
        run(network(), TrainOptions(**wrong))


def test_curves_go_to_the_active_mlflow_run(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setattr(Progress, "EVERY", -1.0)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'm.db'}")
    mlflow.create_experiment("curves", artifact_location=(tmp_path / "a").as_uri())
    mlflow.set_experiment("curves")
    with mlflow.start_run() as active:
        run(network(), TrainOptions(epochs=2, batch_size=8, precision="fp32"), name="net", evaluate=lambda _: 0.5)
    client = mlflow.MlflowClient()
    points = client.get_metric_history(active.info.run_id, "net/loss")
    assert len(points) == 8
    assert [point.value for point in client.get_metric_history(active.info.run_id, "net/dev")] == [0.5, 0.5]
    assert client.get_metric_history(active.info.run_id, "net/learning_rate")
    monkeypatch.setenv("MLFLOW_RUN_ID", active.info.run_id)  # as for a process that was started during a run
    run(network(), TrainOptions(epochs=1, batch_size=8, precision="fp32"), name="other")
    assert len(client.get_metric_history(active.info.run_id, "other/loss")) == 4


def test_new_layers_learn_faster_than_the_backbone():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone, self.head = nn.Linear(2, 8), nn.Linear(8, 1)

        def forward(self, x):
            return self.head(self.backbone(x))

    model = Network()
    before = {key: value.detach().clone() for key, value in model.named_parameters()}
    options = TrainOptions(epochs=1, batch_size=len(INPUTS), learning_rate=1e-3, precision="fp32")
    run(model, options, head_rate=3.0)
    # The first step of Adam is as long as the learning rate, whatever the gradient.
    moved = {key: (value.detach().cpu() - before[key]).abs().max().item() for key, value in model.named_parameters()}
    assert moved["backbone.bias"] == pytest.approx(1e-3, rel=1e-2)
    assert moved["head.bias"] == pytest.approx(3e-3, rel=1e-2)
