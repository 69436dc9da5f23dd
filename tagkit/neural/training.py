"""The training loop: AdamW on length-bucketed batches, through Accelerate, resumable after a kill."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from tagkit.neural.batches import shuffled_buckets
from tagkit.neural.checkpoint import Checkpoint
from tagkit.neural.dropout import use_fast_dropout
from tagkit.neural.options import Recipe, resolve_precision, use_fast_attention
from tagkit.neural.progress import Progress

Batch = dict[str, Tensor]


def train(
    model: nn.Module,
    loss: Callable[[nn.Module, Batch], Tensor],
    collate: Callable[[Sequence[int]], Batch],
    lengths: Sequence[int],
    recipe: Recipe,
    *,
    name: str = "model",
    evaluate: Callable[[nn.Module], float] | None = None,
    is_head: Callable[[str], bool] = lambda _: False,
    checkpoint: Path | None = None,
    show: bool = True,
) -> list[dict[str, float]]:
    """Train a model in place.

    The order of examples and dropout depend on the recipe's seed and the epoch alone, so that a run that was killed
    and goes on from its checkpoint ends with the same weights. The global random state is left as it was.

    Args:
        model: What to train; parameters that need no gradient stay frozen.
        loss: From the model and a batch to the mean loss of the batch.
        collate: From positions of examples to a batch on the CPU.
        lengths: Tokens of each example.
        recipe: The settings.
        name: What progress bar and curves call it.
        evaluate: From the model to a figure on dev, the higher the better; asked after each epoch, and the weights of
            the best epoch are kept. None: the last epoch's are.
        is_head: Whether a parameter of that name is newly made and gets the head's learning rate.
        checkpoint: Where to keep what is needed to go on; removed in the end. None: nothing is kept.
        show: Whether to show a progress bar.

    Returns:
        The history: a row per step (step, epoch, loss, learning_rate) and per epoch (step, epoch, epoch_loss, dev).

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (ICLR 2019); moving average of the weights:
    Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging (1992).
    """
    accelerator = Accelerator(mixed_precision="no", gradient_accumulation_steps=recipe.accumulate)
    device = accelerator.device
    low = resolve_precision(recipe.precision, str(device)) == "bf16"
    use_fast_dropout(model)
    use_fast_attention(model, str(device))
    optimizer = torch.optim.AdamW(_groups(model, recipe, is_head), lr=recipe.learning_rate, fused=_fused(device))
    wrapped, optimizer = accelerator.prepare(model, optimizer)
    batches = math.ceil(len(lengths) / recipe.batch_size / accelerator.num_processes)
    # Dynamic, because length buckets give batches of many lengths.
    running: Any = torch.compile(wrapped, dynamic=True) if recipe.compile else wrapped
    total = recipe.epochs * math.ceil(batches / recipe.accumulate)
    weights = {key: value for key, value in model.named_parameters() if value.requires_grad}
    kept = Checkpoint(checkpoint, weights, optimizer.optimizer, average=recipe.average > 0)
    progress = Progress(name, recipe.epochs * batches, kept.epoch * batches, show and accelerator.is_main_process)
    progress.history = kept.history
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        for epoch in range(kept.epoch, recipe.epochs):
            torch.manual_seed(recipe.seed * 100_003 + epoch)
            running.train()
            losses = []
            for batch in accelerator.prepare(_loader(lengths, collate, recipe, epoch, device)):
                with accelerator.accumulate(running):
                    with torch.autocast(device.type, torch.bfloat16, enabled=low):
                        value = loss(running, batch)
                    accelerator.backward(value)
                    if accelerator.sync_gradients:
                        accelerator.clip_grad_norm_(list(weights.values()), recipe.clip)
                    rate = _set_rate(optimizer, recipe, kept.step, total)
                    optimizer.step()
                    optimizer.zero_grad()
                losses.append(value.item())
                if accelerator.sync_gradients:
                    kept.step += 1
                    kept.update_average(recipe.average)
                progress.step(kept.step, epoch, losses[-1], rate, len(next(iter(batch.values()))))
            with kept.averaged(), torch.autocast(device.type, torch.bfloat16, enabled=low):
                figure = evaluate(accelerator.unwrap_model(wrapped).eval()) if evaluate else None
            progress.epoch(kept.step, epoch, sum(losses) / max(1, len(losses)), figure)
            stop = kept.end_epoch(figure, recipe.patience)
            if accelerator.is_main_process and not stop and epoch + 1 < recipe.epochs:
                kept.save()
            if stop:
                break
    progress.close()
    kept.finish()
    accelerator.free_memory()
    model.eval()
    return progress.history


def _fused(device: torch.device) -> bool:
    return device.type in ("cpu", "cuda")


def _groups(model: nn.Module, recipe: Recipe, is_head: Callable[[str], bool]) -> list[dict[str, Any]]:
    """Part the parameters by weight decay (matrices alone) and by learning rate (the head's own)."""
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for key, value in model.named_parameters():
        if value.requires_grad:
            groups.setdefault((value.ndim > 1, is_head(key)), []).append(value)
    return [
        {
            "params": values,
            "weight_decay": recipe.weight_decay if decays else 0.0,
            "factor": recipe.head_rate if head else 1.0,
        }
        for (decays, head), values in groups.items()
    ]


def _set_rate(optimizer: Any, recipe: Recipe, step: int, total: int) -> float:
    """Set the learning rate of a step: linear warm-up, then linear to 0; return it."""
    rising = max(1, round(recipe.warmup * total))
    share = (step + 1) / rising if step < rising else max(0.0, (total - step) / max(1, total - rising))
    rate = recipe.learning_rate * share
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]
    return rate


def _loader(
    lengths: Sequence[int],
    collate: Callable[[Sequence[int]], Batch],
    recipe: Recipe,
    epoch: int,
    device: torch.device,
) -> Any:
    return torch.utils.data.DataLoader(
        range(len(lengths)),  # type: ignore[arg-type]
        batch_sampler=shuffled_buckets(lengths, recipe.batch_size, recipe.seed, epoch),
        collate_fn=collate,
        pin_memory=device.type == "cuda",
    )
