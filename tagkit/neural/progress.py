"""What one sees of a training run: a progress bar with loss, speed and time left, and curves in MLflow."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

from tqdm.auto import tqdm

log = logging.getLogger(__name__)


class Progress:
    """The bar, the history, and the live curves.

    The curves go to the MLflow run that is active, if any, as `NAME/loss`, `NAME/learning_rate` and `NAME/dev`; MLflow
    is never imported for it.

    Args:
        name: What is trained.
        steps: How many steps there are in all.
        done: How many of them an earlier run has done.
        show: Whether to show the bar.
    """

    EVERY = 2.0
    """Seconds between two points of the curves in MLflow."""

    def __init__(self, name: str, steps: int, done: int = 0, show: bool = True) -> None:
        self.name = name
        self.history: list[dict[str, float]] = []
        self.bar = tqdm(
            total=steps,
            initial=done,
            desc=f"training {name}",
            unit="step",
            disable=not show,
            leave=False,
            mininterval=0.2 if sys.stderr.isatty() else 15,
        )
        self._items = 0
        self._start = self._sent = time.perf_counter()

    def step(self, step: int, epoch: int, loss: float, rate: float, items: int) -> None:
        """Note one step."""
        self._items += items
        now = time.perf_counter()
        self.history.append({"step": step, "epoch": epoch, "loss": loss, "learning_rate": rate})
        speed = self._items / max(now - self._start, 1e-9)
        self.bar.set_postfix_str(f"loss {loss:.3f}, {speed:.0f} items/s", refresh=False)
        self.bar.update(1)
        if now - self._sent > self.EVERY:
            self._sent = now
            self._log({"loss": loss, "learning_rate": rate}, step)

    def epoch(self, step: int, epoch: int, loss: float, figure: float | None) -> None:
        """Note the end of an epoch: its mean loss, and the figure on dev where there is one."""
        row = {"step": step, "epoch": epoch, "epoch_loss": loss}
        if figure is not None:
            row["dev"] = figure
        self.history.append(row)
        self._log({key: row[key] for key in ("epoch_loss", "dev") if key in row}, step)

    def close(self) -> None:
        """Take the bar away."""
        self.bar.close()

    def _log(self, figures: dict[str, float], step: int) -> None:
        mlflow: Any = sys.modules.get("mlflow")
        if mlflow is None or mlflow.active_run() is None:
            return
        try:
            mlflow.log_metrics({f"{self.name}/{key}": value for key, value in figures.items()}, step=step)
        except Exception as error:  # a tracking server that is away must not end hours of training
            log.warning("the curves of %s could not be logged: %s", self.name, error)
