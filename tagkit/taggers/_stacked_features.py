"""What an untuned encoder and the words say about products: the start of the strategies that tune one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tagkit.cache import FitCache, NoCache
from tagkit.neural import Backbone
from tagkit.neural.vectors import embed
from tagkit.product import Product, digest
from tagkit.tagger import State
from tagkit.taggers._stacking import Evidence, Synonyms

Floats = NDArray[np.float32]


class Surface:
    """The `Evidence` of products, whose vectors it gets from the encoder as it was before training.

    Args:
        source: The encoder's name; it is loaded when it is needed.
        category: Whether to look at the categories.
        precision: Of the vectors: "fp32", "bf16" or "auto".
        synonyms: Other forms by preferred tag.
    """

    def __init__(self, source: str, category: bool, precision: str, synonyms: Synonyms | None) -> None:
        self.source = source
        self.category = category
        self.precision = precision
        self.synonyms = synonyms
        self._untuned: Backbone | None = None
        self._evidence: Evidence | None = None
        self._name = ""

    def __bool__(self) -> bool:
        """Say whether anything was learnt."""
        return self._evidence is not None

    def fit(
        self,
        tags: Sequence[str],
        products: Sequence[Product],
        dev: Sequence[Product],
        least: int,
        cache: FitCache,
    ) -> Any:
        """Learn from tagged products.

        Args:
            tags: The tags.
            products: To learn from, with all of the tags among theirs.
            dev: To calibrate on.
            least: How many products each tag has at least.
            cache: Where equal features of other runs are found.

        Returns:
            The logits of these products, each held out from its own answer, shape (products, tags); None where there
            are too many products times tags, and nothing is learnt.
        """

        def learnt() -> State:
            evidence = Evidence(tags, self.category, self.synonyms)
            known = evidence.fit(products, self.vectors(products), dev, least)
            return {"evidence": None if known is None else evidence.state(), "known": known}

        settings = [self.source, self.category, self.precision, self.synonyms, list(tags), least]
        self._name = f"surface {json.dumps(settings, sort_keys=True)}"
        state = cache.get(self._name, learnt, products, dev)
        stored = state["evidence"]
        self._evidence = None if stored is None else Evidence.restore(stored, self.synonyms)
        self._name += digest(products, dev)
        return state["known"]

    def read(self, products: Sequence[Product], cache: FitCache | None = None) -> Floats:
        """Return the logits of products, shape (products, tags).

        Args:
            products: The products.
            cache: Where what an equal object found for the same products is kept; used only while fitting.
        """

        def found() -> State:
            assert self._evidence is not None
            return {"logits": self._evidence.read(products, self.vectors(products))}

        shared = cache if cache and self._name else NoCache()
        logits: Floats = shared.get(f"read by {self._name}", found, products)["logits"]
        return logits

    def vectors(self, products: Sequence[Product]) -> Floats:
        """Return the products' vectors by the encoder as it was, shape (products, size)."""
        if self._untuned is None:
            self._untuned = Backbone.load(self.source)
        texts = [
            f"{product.category} {product.text}".strip() if self.category else product.text for product in products
        ]
        return embed(self._untuned, texts, precision=self.precision)

    def extend(self, tags: Sequence[str], near: Floats) -> None:
        """Add tags, each with what it borrows of the tags of train, shape (tags, tags of train)."""
        self._name = ""
        if self._evidence is not None:
            self._evidence.extend(tags, near)

    def state(self) -> State:
        """Return what was learned."""
        return self._evidence.state() if self._evidence is not None else {}

    def restore(self, state: State) -> Self:
        """Take what `state` gave."""
        self._evidence = Evidence.restore(state, self.synonyms) if state else None
        return self
