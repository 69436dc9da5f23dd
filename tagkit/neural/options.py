"""The options of training that all trained strategies share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from tagkit.errors import BadInput
from tagkit.neural.hardware import check_precision


@dataclass(kw_only=True, eq=False, repr=False)
class TrainOptions:
    """How a network is trained (see `tagkit.neural.train`).

    Args:
        epochs: Passes over the training examples.
        learning_rate: The highest learning rate: it is reached after the warm-up and then falls linearly to 0. None:
            one that suits the model.
        batch_size: Examples per step.
        average: Decay of the moving average of the weights, which replaces them in the end; 0: no average.
        patience: Training stops after so many epochs without a better score on dev, and the best epoch is taken; 0: all
            epochs are trained and the last one is taken.
        precision: Of training: "fp32", "bf16", or "auto": bf16 where the device multiplies it in hardware.
        seed: Of new weights, the order of the examples, and dropout.
    """

    epochs: int = 10
    learning_rate: float | None = 5e-4
    batch_size: int = 16
    average: float = 0.0
    patience: int = 0
    precision: str = "auto"
    seed: int = 0

    def train_options(self, **changes: Any) -> TrainOptions:
        """Return these options by themselves, without the other parameters of a strategy.

        Args:
            **changes: Options that take another value than the attribute has.
        """
        own = {field.name: getattr(self, field.name) for field in fields(TrainOptions)}
        return TrainOptions(**own | changes)

    def check_train_options(self) -> None:
        """Check that a network can be trained so.

        Raises:
            BadInput: A value is impossible; the message names the option.
        """
        for name in ("epochs", "batch_size"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise BadInput(f"{name} is a whole number of at least 1, not {getattr(self, name)!r}")
        if self.learning_rate is None or not self.learning_rate > 0:
            raise BadInput(f"learning_rate is above 0, not {self.learning_rate!r}")
        if not 0 <= self.average < 1:
            raise BadInput(f"average is at least 0 and below 1, not {self.average!r}")
        check_precision(self.precision)
