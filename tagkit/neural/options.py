"""The groups of parameters that the strategies with networks share: how to train, and which encoder reads."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from tagkit.errors import BadInput
from tagkit.neural.backbone import Backbone
from tagkit.neural.hardware import Precision
from tagkit.neural.tokens import Window
from tagkit.parameters import BelowOne, NonNegativeInt, PositiveFloat, PositiveInt, check
from tagkit.product import Product
from tagkit.text.language import language_of

MODELS = {"zh": "e5-small", "en": "minilm-l6"}
"""The encoder that "auto" means for products of a language; for both languages together it is the Chinese one."""
MIXED = 0.95
"""Products are English if more than this share of them is."""


DEEP, DEEP_RATE, RATE = 6, 2e-4, 5e-4
"""Encoders of more layers than this have the first learning rate by default, others the second."""
EPOCHS, STEPS, MOST_EPOCHS = 15, 600, 60
"""Training takes so many epochs, or more where these are fewer than so many steps, up to a limit."""
LONGER, FEWEST_EPOCHS = 2, 3
"""With further examples training takes so many times as many steps, and at least so many epochs."""
CONTINUED, SLOWER, REPLAY = 0.25, 0.3, 4
"""To learn more products a network is trained for this share of the epochs, with the learning rate multiplied by this,
on the new products and so many old ones for each."""


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

    epochs: PositiveInt = 10
    learning_rate: PositiveFloat | None = 5e-4
    batch_size: PositiveInt = 16
    average: BelowOne = 0.0
    patience: NonNegativeInt = 0
    precision: Precision = "auto"
    seed: NonNegativeInt = 0

    def train_options(self, **changes: Any) -> TrainOptions:
        """Return these options by themselves, without the other parameters of a strategy.

        Args:
            **changes: Options that take another value than the attribute has.
        """
        own = {field.name: getattr(self, field.name) for field in fields(TrainOptions)}
        return TrainOptions(**own | changes)

    def suited_options(self, layers: int, examples: int | None = None, further: int = 0) -> TrainOptions:
        """Return these options with epochs and rate that suit, where a strategy leaves them open (None).

        Args:
            layers: Of the encoder.
            examples: Training examples: few of them make few steps an epoch, and need more epochs. None: 15 epochs.
            further: Examples beside these whose labels are another strategy's. With them training takes about twice
                as many steps as without, and at least three epochs.
        """
        steps = -(-examples // self.batch_size) if examples else STEPS
        suited = max(EPOCHS, min(MOST_EPOCHS, -(-STEPS // steps)))
        if examples and further:
            suited = max(FEWEST_EPOCHS, round(LONGER * suited * examples / (examples + further)))
        epochs = self.epochs or suited
        rate = self.learning_rate or (DEEP_RATE if layers > DEEP else RATE)
        return self.train_options(epochs=epochs, learning_rate=rate)

    def learns_from_few(self, examples: int) -> bool:
        """Say whether epochs are left open (None), and are more than 15 because there are so few examples."""
        return self.epochs is None and EPOCHS * -(-examples // self.batch_size) < STEPS

    def check_train_options(self) -> None:
        """Check that a network can be trained so.

        Raises:
            BadInput: A value is impossible; the message names the option.
        """
        check(TrainOptions, "training", vars(self))
        if self.learning_rate is None:
            raise BadInput("training: learning_rate must be a number, not None")


@dataclass(kw_only=True, eq=False, repr=False)
class EncoderOptions:
    """Which pre-trained encoder reads the products, and how.

    Args:
        model: A name from `tagkit models list`, a hub id or a folder; "auto": the one for the products' language.
        category: Whether the category of a product, where it has one, is read before its text.
        window: The most tokens that are read at once; None: as many as the model can read.
        dropout: Dropout before the last layer.
        freeze: Whether the word embeddings stay as they are in training.
        tag_precision: Of tagging, as `precision` of training; in fp32 the scores of a product do not depend on the
            batch (within 1e-4).
    """

    model: str = "auto"
    category: bool = True
    window: PositiveInt | None = None
    dropout: BelowOne = 0.1
    freeze: bool | None = True
    tag_precision: Precision = "fp32"

    def read_windows(self, backbone: Backbone, products: Sequence[Product], level: str = "text") -> list[Window]:
        """Return the windows of the products' texts, with their categories before them if these are read."""
        prefixes = [product.category for product in products] if self.category else None
        return backbone.reader(level, self.window).read([product.text for product in products], prefixes)


def main_language(products: Sequence[Product]) -> str:
    """Return "en" if all but a few products are English, else "zh"."""
    english = sum(language_of(product) == "en" for product in products)
    return "en" if english > MIXED * len(products) else "zh"


def choose_model(model: str, products: Sequence[Product]) -> str:
    """Return the given name of a model, or for "auto" the name of the one for the products' language."""
    return MODELS[main_language(products)] if model == "auto" else model


def continued(options: TrainOptions, examples_of_new: int = 0) -> TrainOptions:
    """Return the options of a short continued training.

    Args:
        options: Those of the first training.
        examples_of_new: How many training examples there are, where some have types that the network does not know yet:
            these begin from nothing, so that the rate stays what it was and there are steps enough. 0: all are known.
    """
    assert options.learning_rate is not None
    epochs = max(1, round(CONTINUED * options.epochs))
    if examples_of_new:
        steps = -(-examples_of_new // options.batch_size)
        return options.train_options(epochs=max(epochs, -(-round(CONTINUED * STEPS) // steps)))
    return options.train_options(epochs=epochs, learning_rate=SLOWER * options.learning_rate)


def replayed(old: int, new: int, seed: int) -> list[int]:
    """Return the positions of the old products that are learned again with new ones, in order, drawn at random.

    Source: Rolnick et al., Experience Replay for Continual Learning (NeurIPS 2019).
    """
    return sorted(random.Random(seed).sample(range(old), min(old, REPLAY * new)))
