"""The training loop: AdamW on length-bucketed batches through Accelerate, with a progress bar; it can be resumed."""

from __future__ import annotations

import importlib
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from tagkit.neural.batches import shuffled_buckets
from tagkit.neural.checkpoint import Checkpoint
from tagkit.neural.hardware import device, use_fast_attention, uses_bf16
from tagkit.neural.options import TrainOptions
from tagkit.progress import progress_bar

WARMUP = 0.1
"""Share of the steps in which the learning rate rises."""
WEIGHT_DECAY = 0.01
"""Of AdamW, on matrices only."""
CLIP = 1.0
"""Longer gradients are scaled down to this length."""

Batch = dict[str, Tensor]
log = logging.getLogger(__name__)


def train(
    model: nn.Module,
    loss: Callable[[nn.Module, Batch], Tensor],
    collate: Callable[[Sequence[int]], Batch],
    lengths: Sequence[int],
    options: TrainOptions,
    *,
    name: str = "model",
    evaluate: Callable[[nn.Module], float] | None = None,
    head_rate: float = 1.0,
    checkpoint: Path | None = None,
    show: bool = True,
) -> list[dict[str, float]]:
    """Train a model in place.

    The order of examples and dropout depend on the seed and the epoch alone, so that a run that was killed and resumes
    from its checkpoint ends with the same weights. The global random state is left as it was. Models are not compiled:
    on an H100 the first two steps of a compiled one took a minute, all fifteen epochs of OA-Mine without half a minute.

    Args:
        model: What to train; parameters that need no gradient stay frozen.
        loss: From the model and a batch to the mean loss of the batch.
        collate: From positions of examples to a batch on the CPU.
        lengths: Tokens of each example.
        options: How to train.
        name: What progress bar and curves call it.
        evaluate: From the model to a score on dev, the higher the better. It is called after each epoch, and the
            weights of the best epoch are kept. None: those of the last epoch are kept.
        head_rate: By how much the learning rate of new layers, all parameters outside of a `Backbone`, is multiplied.
        checkpoint: The file that a killed run resumes from; removed in the end. None: no file.
        show: Whether to show a progress bar.

    Returns:
        The history: a row per step (step, epoch, loss, learning_rate) and per epoch (step, epoch, epoch_loss, dev).

    Raises:
        BadInput: An option has an impossible value.

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (ICLR 2019); moving average of the weights:
    Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging (1992).
    """
    options.check_train_options()
    where = device()
    accelerator = Accelerator(mixed_precision="no")
    low = uses_bf16(options.precision, where)
    use_fast_dropout(model)
    use_fast_attention(model, where)
    optimizer = torch.optim.AdamW(_groups(model, head_rate), lr=_peak(options), fused=_fused(where))
    wrapped, optimizer = accelerator.prepare(model, optimizer)
    steps = math.ceil(len(lengths) / options.batch_size / accelerator.num_processes)
    total = options.epochs * steps
    weights = {key: value for key, value in model.named_parameters() if value.requires_grad}
    state = Checkpoint(checkpoint, weights, optimizer.optimizer, average=options.average > 0)
    progress = Progress(name, total, state.epoch * steps, show and accelerator.is_main_process)
    progress.history = state.history
    with torch.random.fork_rng(devices=[where] if where.type == "cuda" else []):
        for epoch in range(state.epoch, options.epochs):
            torch.manual_seed(options.seed * 100_003 + epoch)
            wrapped.train()
            losses = []
            for batch in accelerator.prepare(_loader(lengths, collate, options, epoch, where)):
                with torch.autocast(where.type, torch.bfloat16, enabled=low):
                    value = loss(wrapped, batch)
                accelerator.backward(value)
                accelerator.clip_grad_norm_(list(weights.values()), CLIP)
                rate = _set_rate(optimizer, _peak(options), state.step, total)
                optimizer.step()
                optimizer.zero_grad()
                losses.append(value.item())
                state.step += 1
                state.update_average(options.average)
                progress.step(state.step, epoch, losses[-1], rate, len(next(iter(batch.values()))))
            with state.averaged(), torch.autocast(where.type, torch.bfloat16, enabled=low):
                score = evaluate(accelerator.unwrap_model(wrapped).eval()) if evaluate else None
            progress.epoch(state.step, epoch, sum(losses) / max(1, len(losses)), score)
            stop = state.end_epoch(score, options.patience)
            if accelerator.is_main_process and not stop and epoch + 1 < options.epochs:
                state.save()
            if stop:
                break
    progress.close()
    state.finish()
    accelerator.free_memory()
    model.eval()
    return progress.history


def _peak(options: TrainOptions) -> float:
    assert options.learning_rate is not None  # checked by `check_train_options`
    return options.learning_rate


def _fused(where: torch.device) -> bool:
    return where.type in ("cpu", "cuda")


def _groups(model: nn.Module, head_rate: float) -> list[dict[str, Any]]:
    """Return the trained parameters in groups of one weight decay (matrices only) and one learning rate."""
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for key, value in model.named_parameters():
        if value.requires_grad:
            groups.setdefault((value.ndim > 1, "backbone." not in key), []).append(value)
    return [
        {"params": values, "weight_decay": WEIGHT_DECAY if matrix else 0.0, "factor": head_rate if is_head else 1.0}
        for (matrix, is_head), values in groups.items()
    ]


def _set_rate(optimizer: Any, peak: float, step: int, total: int) -> float:
    """Set the learning rate of a step, a linear warm-up and then linear decay to 0; return it."""
    rising = max(1, round(WARMUP * total))
    share = (step + 1) / rising if step < rising else max(0.0, (total - step) / max(1, total - rising))
    for group in optimizer.param_groups:
        group["lr"] = peak * share * group["factor"]
    return peak * share


def _loader(
    lengths: Sequence[int],
    collate: Callable[[Sequence[int]], Batch],
    options: TrainOptions,
    epoch: int,
    where: torch.device,
) -> Any:
    return torch.utils.data.DataLoader(
        range(len(lengths)),  # type: ignore[arg-type]
        batch_sampler=shuffled_buckets(lengths, options.batch_size, options.seed, epoch),
        collate_fn=collate,
        pin_memory=where.type == "cuda",
    )


class FastDropout(nn.Dropout):
    """Dropout that draws eight masks from one random number on a CPU; on other devices ordinary dropout.

    Drawing one number per mask takes a seventh of a training step on a CPU. The probability is rounded to 1/256.

    Source: Srivastava et al., Dropout (JMLR 2014).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return, in training, the input with a random share of zeros and the rest scaled up; else the input."""
        dropped = round(256 * self.p)
        if not self.training or not dropped or input.device.type != "cpu":
            return super().forward(input)
        count = input.numel()
        numbers = torch.empty((count + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        kept = (numbers.view(torch.uint8)[:count].view(input.shape) >= dropped).to(input.dtype)
        return input * kept.mul_(256 / (256 - dropped))


def use_fast_dropout(model: nn.Module) -> None:
    """Replace the dropout layers of a model by `FastDropout`."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Dropout:
                setattr(module, name, FastDropout(child.p))


class Progress:
    """The progress bar of a training run, its history, and its curves in MLflow.

    The curves are logged as `NAME/loss`, `NAME/learning_rate` and `NAME/dev` to the active MLflow run, if there is one:
    of this process, or of the one that started it (`MLFLOW_RUN_ID`). Otherwise MLflow is not imported.

    Args:
        name: What is trained.
        steps: The number of all steps.
        done: How many of them an earlier run has done.
        show: Whether to show the bar.
    """

    EVERY = 2.0
    """Seconds between two points of the curves in MLflow."""

    def __init__(self, name: str, steps: int, done: int = 0, show: bool = True) -> None:
        self.name = name
        self.history: list[dict[str, float]] = []
        self.bar = progress_bar(
            total=steps,
            initial=done,
            desc=f"training {name}",
            unit="step",
            shown=show,
            leave=False,
        )
        self._items = 0
        self._start = self._sent = time.perf_counter()

    def step(self, step: int, epoch: int, loss: float, rate: float, items: int) -> None:
        """Record a step."""
        self._items += items
        now = time.perf_counter()
        self.history.append({"step": step, "epoch": epoch, "loss": loss, "learning_rate": rate})
        speed = self._items / max(now - self._start, 1e-9)
        self.bar.set_postfix_str(f"loss {loss:.3f}, {speed:.0f} items/s", refresh=False)
        self.bar.update(1)
        if now - self._sent > self.EVERY:
            self._sent = now
            self._log({"loss": loss, "learning_rate": rate}, step)

    def epoch(self, step: int, epoch: int, loss: float, score: float | None) -> None:
        """Record the end of an epoch: its mean loss, and the score on dev where there is one."""
        row = {"step": step, "epoch": epoch, "epoch_loss": loss}
        if score is not None:
            row["dev"] = score
        self.history.append(row)
        self._log({key: row[key] for key in ("epoch_loss", "dev") if key in row}, step)

    def close(self) -> None:
        """Remove the bar."""
        self.bar.close()

    def _log(self, values: dict[str, float], step: int) -> None:
        mlflow: Any = sys.modules.get("mlflow")
        active = mlflow.active_run() if mlflow else None
        run_id = active.info.run_id if active else os.environ.get("MLFLOW_RUN_ID")
        if not run_id:
            return
        try:
            if mlflow is None:  # the process that started this one has an active run
                mlflow = importlib.import_module("mlflow")
            mlflow.log_metrics({f"{self.name}/{key}": value for key, value in values.items()}, step=step, run_id=run_id)
        except Exception as error:  # an unavailable tracking server must not end hours of training
            log.warning("the curves of %s could not be logged: %s", self.name, error)
