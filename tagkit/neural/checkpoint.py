"""Checkpoints, from which a killed training run resumes: weights, optimiser, best epoch; without pickle."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

import tagkit
from tagkit.cache import cache_folder
from tagkit.product import Product, digest

EXPIRY = 14 * 24 * 3600
"""Seconds after which the checkpoint of a run that was never resumed is removed."""

log = logging.getLogger(__name__)


def checkpoint_file(name: str, params: dict[str, Any], *parts: Sequence[Product]) -> Path:
    """Return the checkpoint's file for the training of a strategy, and remove files that have expired.

    Args:
        name: The strategy.
        params: Its parameters.
        parts: The products it is trained on and chosen on.
    """
    folder = cache_folder("training")
    for file in folder.glob("*.safetensors"):
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > EXPIRY:
                file.unlink()
    run = json.dumps([tagkit.__version__, name, params, digest(*parts)], sort_keys=True, default=repr)
    return folder / f"{name}-{hashlib.sha256(run.encode()).hexdigest()[:24]}.safetensors"


class Checkpoint:
    """The state of a training run, in memory and, between epochs, in one safetensors file.

    If the file exists, the state is read from it; a file that does not fit is ignored with a warning.

    Args:
        path: The file; None: nothing is written.
        weights: The trained parameters by name; changed in place.
        optimizer: Their optimiser.
        average: Whether there is a moving average of the weights.
    """

    SECONDS = 30.0
    """The file is written at the end of an epoch, unless it was written within so many seconds."""

    def __init__(
        self, path: Path | None, weights: Mapping[str, Tensor], optimizer: torch.optim.Optimizer, *, average: bool
    ) -> None:
        self.path = path
        self.weights = dict(weights)
        self.optimizer = optimizer
        self.epoch = self.step = self.stale = 0
        self.best: float | None = None
        self.best_weights: dict[str, Tensor] = {}
        self.history: list[dict[str, float]] = []
        self.average = {key: value.detach().clone() for key, value in weights.items()} if average else {}
        self._saved = time.monotonic()
        if path is not None and path.is_file():
            self._load(path)

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        """Move the average towards the weights, faster in the first steps, to forget the initial weights."""
        if self.average:
            now = min(decay, (1 + self.step) / (10 + self.step))
            pairs = [(self.average[key], value.detach()) for key, value in self.weights.items()]
            torch._foreach_lerp_([a for a, _ in pairs], [w for _, w in pairs], 1 - now)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Replace the weights by their average within the context."""
        own = {key: value.detach().clone() for key, value in self.weights.items()} if self.average else {}
        self._put(self.average)
        try:
            yield
        finally:
            self._put(own)

    def end_epoch(self, score: float | None, patience: int) -> bool:
        """Record the score of an epoch on dev; return whether to stop early."""
        self.epoch += 1
        if score is None:
            return False
        if self.best is None or score > self.best:
            self.best, self.stale = score, 0
            source = self.average or self.weights
            self.best_weights = {key: value.detach().clone() for key, value in source.items()}
        else:
            self.stale += 1
        return 0 < patience <= self.stale

    def finish(self) -> None:
        """Put the best weights (or the average, or the last ones) into the model, and remove the file."""
        self._put(self.best_weights or self.average)
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    @torch.no_grad()
    def _put(self, values: Mapping[str, Tensor]) -> None:
        for key, value in values.items():
            self.weights[key].copy_(value)

    def save(self) -> None:
        """Write the file, unless it is recent; on a full disk the run continues without."""
        if self.path is None or time.monotonic() - self._saved < self.SECONDS:
            return
        tensors = {f"weights/{key}": value.detach() for key, value in self.weights.items()}
        tensors |= {f"average/{key}": value for key, value in self.average.items()}
        tensors |= {f"best/{key}": value for key, value in self.best_weights.items()}
        names = {id(value): key for key, value in self.weights.items()}
        for parameter, state in self.optimizer.state.items():
            for key, value in state.items():
                tensors[f"optimizer/{names[id(parameter)]}/{key}"] = torch.as_tensor(value)
        body = {key: getattr(self, key) for key in ("epoch", "step", "stale", "best", "history")}
        part = self.path.with_suffix(".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            save_file(
                {key: value.contiguous().cpu() for key, value in tensors.items()}, part, {"run": json.dumps(body)}
            )
            part.replace(self.path)
        except (OSError, SafetensorError) as error:
            log.warning("the checkpoint %s could not be written: %s", self.path, error)
            with suppress(OSError):
                part.unlink()
        self._saved = time.monotonic()

    def _load(self, path: Path) -> None:
        try:
            with safe_open(path, "pt") as file:
                body: dict[str, Any] = json.loads(file.metadata()["run"])
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            log.warning("the checkpoint %s cannot be used, training starts anew: %s", path, error)
            return
        stored = {key.removeprefix("weights/"): value for key, value in tensors.items() if key.startswith("weights/")}
        if {key: value.shape for key, value in stored.items()} != {k: v.shape for k, v in self.weights.items()}:
            log.warning("the checkpoint %s is of another model, training starts anew", path)
            return
        self._put(stored)
        for key, value in body.items():
            setattr(self, key, value)
        for key, value in tensors.items():
            kind, _, rest = key.partition("/")
            if kind == "average" and self.average:
                self.average[rest].copy_(value)
            elif kind == "best":
                self.best_weights[rest] = value.to(self.weights[rest].device)
            elif kind == "optimizer":
                name, _, field = rest.rpartition("/")
                parameter = self.weights[name]
                place = parameter.device if value.ndim or parameter.is_cuda else "cpu"
                self.optimizer.state[parameter][field] = value.to(place)
