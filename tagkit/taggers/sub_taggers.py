"""What the strategies that combine other strategies share: creating, saving and restoring their sub-taggers."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from tagkit import registry
from tagkit.attribution import pool
from tagkit.cache import FitCache
from tagkit.creation import create
from tagkit.datasets.items import as_products
from tagkit.errors import BadInput
from tagkit.explanation import Word
from tagkit.parameters import PositiveInt
from tagkit.product import Product
from tagkit.saved import from_state, to_state
from tagkit.tagger import State, Tagger


def create_sub_tagger(strategy: str | Sequence[Any], **shared: Any) -> Tagger:
    """Return an unfitted strategy.

    Args:
        strategy: Its name, or a [name, parameters] pair.
        **shared: Parameters for a strategy that has them and was not given its own; None: not passed on.
    """
    pair: Any = (strategy, {}) if isinstance(strategy, str) else strategy
    name, params = pair
    tagger = create(registry.taggers.get(name), **params)  # a saved strategy may name it
    missing = tagger.get_params().keys() - params.keys()
    return tagger.set_params(**{k: value for k, value in shared.items() if k in missing and value is not None})


class CombinedTagger(Tagger):
    """Base of the strategies that combine the tags of others.

    Args:
        taggers: The sub-taggers: names of strategies, or [name, parameters] pairs.
        synonyms: Other forms by preferred tag, passed on to the sub-taggers that take synonyms.
        limit: How many tags to return at most.

    Attributes:
        taggers_: The fitted sub-taggers.
    """

    taggers: Sequence[str | Sequence[Any]] = ()
    synonyms: Mapping[str, Sequence[str]] | None = None
    limit: PositiveInt = 20

    def _create(self, **shared: Any) -> list[Tagger]:
        """Return the unfitted sub-taggers.

        Args:
            **shared: Parameters for the sub-taggers that have them and were not given their own; None: not passed on.

        Raises:
            BadInput: There is no sub-tagger.
        """
        if not self.taggers:
            raise BadInput(f"{self.name} needs at least one strategy in the parameter `taggers`")
        shared["synonyms"] = self.synonyms or None
        return [create_sub_tagger(item, **shared) for item in self.taggers]

    def _use(self, taggers: Sequence[Tagger]) -> None:
        """Take fitted strategies as the sub-taggers.

        Raises:
            NotFitted: One of them is not fitted.
        """
        for tagger in taggers:
            tagger.check_fitted()
        self.taggers_ = list(taggers)
        self.fitted_ = True

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        """Let each sub-tagger learn from more products."""
        learned = (copy.copy(tagger).learn(more, old=old, dev=dev, cache=cache) for tagger in self.taggers_)
        self.taggers_ = list(learned)

    def _known_tags(self) -> Iterable[str]:
        return (tag for tagger in self.taggers_ for tag in tagger._known_tags())

    def n_truncated_chars(self, products: Iterable[Any]) -> list[int]:
        """Return for each product how many characters at the end of its text no sub-tagger reads."""
        products = as_products(products)
        return [min(counts) for counts in zip(*(t.n_truncated_chars(products) for t in self.taggers_), strict=True)]

    def _rough(self) -> Self:
        made = copy.copy(self)
        made.taggers_ = [tagger._rough() for tagger in self.taggers_]
        return made

    def _words(self, product: Product, tag: str, shares: Sequence[float]) -> tuple[Word, ...]:
        """Return the words that count for the sub-taggers, of each in proportion to its share in the score.

        Args:
            product: The product.
            tag: The tag.
            shares: Of each sub-tagger; where all are 0, they count alike.
        """
        pieces = []
        counted = shares if any(shares) else [1 / len(self.taggers_)] * len(self.taggers_)
        for tagger, share in zip(self.taggers_, counted, strict=True):
            words = tagger._explain(product, tag).words if share else ()
            total = sum(abs(word.weight) for word in words) or 1.0
            pieces += [(word.start, word.end, share * word.weight / total) for word in words]
        return pool(product, pieces)[0]

    def _state(self) -> State:
        return {"taggers": [to_state(tagger) for tagger in self.taggers_]}

    def _restore(self, state: State) -> None:
        self.taggers_ = [from_state(tagger) for tagger in state["taggers"]]


def specification(taggers: Sequence[Tagger]) -> list[list[Any]]:
    """Return the parameter `taggers` that describes strategies: [name, parameters] of each."""
    return [[registry.taggers.name_of(type(tagger)), tagger.get_params()] for tagger in taggers]
