"""What a text's surface says about each tag: does it stand there, and what a linear classifier makes of the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tagkit.product import Product
from tagkit.taggers.base import State, nest, unnest
from tagkit.taggers.linear import Linear
from tagkit.text.present import is_present

Floats = NDArray[np.float32]


class Surface:
    """Two numbers for each product and tag: 1 where the tag stands in the text, and the logit of `linear`.

    Args:
        tags: The tags.
        present: Whether to look for the tags in the text; else the first number is 0.
        wide: Whether to ask a linear classifier; else the second number is 0.
    """

    def __init__(self, tags: Sequence[str], present: bool, wide: bool) -> None:
        self.tags = list(tags)
        self.present = present
        self.wide = wide
        self._linear: Linear | None = None
        self._low = 0.0
        """The logit of tags that the classifier does not know."""

    def fit(self, products: Sequence[Product], dev: Sequence[Product], min_count: int) -> tuple[Floats, Floats]:
        """Learn, and return both numbers for the training products themselves, each held out from its own answer.

        Args:
            products: To learn from.
            dev: To calibrate on.
            min_count: Of the tags.

        Returns:
            Two arrays of shape (products, tags).
        """
        hits, logits = self._hits(products), np.zeros((len(products), len(self.tags)), dtype=np.float32)
        if self.wide:
            linear = Linear(min_count=min_count).fit(products, dev=dev)
            if linear.held_out_ is not None:
                self._linear = linear
                logits = (linear.scale_ * linear.held_out_ + linear.shift_).astype(np.float32)
                self._low = float(np.quantile(logits.mean(0), 0.25))
        return hits, logits

    def read(self, products: Sequence[Product]) -> tuple[Floats, Floats]:
        """Return both numbers, two arrays of shape (products, tags)."""
        logits = np.full((len(products), len(self.tags)), self._low, dtype=np.float32)
        if self._linear is not None:
            logits[:, : len(self._linear.tags_)] = self._linear.logits(products)
        return self._hits(products), logits

    @property
    def knows_shares(self) -> bool:
        """Whether the logits already say how frequent each tag is."""
        return self._linear is not None

    def _hits(self, products: Sequence[Product]) -> Floats:
        found = np.zeros((len(products), len(self.tags)), dtype=np.float32)
        if self.present:
            for row, product in zip(found, products, strict=True):
                row[:] = [is_present(tag, product.text) for tag in self.tags]
        return found

    def state(self) -> State:
        """Return what was learned."""
        state: State = {"tags": self.tags, "low": self._low, "present": self.present, "wide": self.wide}
        if self._linear is not None:
            state |= nest("linear", self._linear._state())
        return state

    @classmethod
    def restore(cls, state: State) -> Self:
        """Take what `state` gave."""
        made = cls(state["tags"], state["present"], state["wide"])
        made._low = state["low"]
        if parts := unnest("linear", state):
            made._linear = Linear()
            made._linear._restore(parts)
        return made
