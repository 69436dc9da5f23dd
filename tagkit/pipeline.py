"""A fitted strategy together with the refinements behind it and what they chose on dev: what is measured and used."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self, overload

from tagkit import cards, learning
from tagkit.cache import FitCache
from tagkit.creation import take_synonyms
from tagkit.datasets.items import Item, as_products, is_single, with_tags
from tagkit.datasets.split import by_part, split_of
from tagkit.errors import blaming
from tagkit.learning import Learned
from tagkit.product import Dataset, Product, Tag, Tags
from tagkit.provenance import Provenance
from tagkit.refine import Chain, Step
from tagkit.saved import read_saved, write_saved
from tagkit.tag_lists import shown
from tagkit.tagger import Tagger, f1_at_m
from tagkit.text.spelling import one_spelling

REFINE = ("thresholds", "limit")
"""The refinements behind a strategy that needs thresholds, by default."""


class Pipeline:
    """A fitted strategy and its refinements.

    `tagkit.compare(...).tagger(row)`, `tagkit.default_tagger()` and `tagkit.load_tagger(folder)` return one.

    Args:
        tagger: The fitted strategy.
        refinement: The refinements, fitted.
        fitted_on: The products that it was fitted on, or what is known of them.

    Attributes:
        dev_score: F1@M on dev, where its refinements have just chosen there; None otherwise.
    """

    dev_score: float | None = None

    def __init__(
        self, tagger: Tagger, refinement: Chain | None = None, fitted_on: Dataset | Provenance | None = None
    ) -> None:
        self.tagger = tagger
        self.refinement = refinement or Chain(())
        self._fitted_on = fitted_on

    @property
    def name(self) -> str:
        """The name of the strategy."""
        return self.tagger.name

    @cached_property
    def provenance(self) -> Provenance | None:
        """What it was fitted on, which is saved with it; None where that is not known."""
        known = self._fitted_on
        return Provenance.of(known) if isinstance(known, Dataset) else known

    @classmethod
    def fit(
        cls,
        tagger: Tagger,
        data: Dataset,
        refine: Sequence[str | Step] | None = None,
        cache: FitCache | None = None,
    ) -> Self:
        """Fit a strategy on train, and let it and its refinements choose on dev.

        Without a dev part, a tenth of train (by hash of the id) serves as dev, unless there is nothing to choose.

        Args:
            tagger: The strategy, unfitted; changed in place.
            data: The products; test is not read. Its synonyms go to the strategies that take some.
            refine: Steps or their names; None: thresholds and a limit where the strategy needs thresholds.
            cache: The costly fits of the same command.
        """
        data = one_spelling(data)
        steps = default_refinements(tagger) if refine is None else Chain(refine).for_data(data).steps
        take_synonyms(tagger, data.synonyms)
        train, dev = train_and_dev(data, whole=not tagger.needs_threshold and not steps)
        return cls.refined(tagger.fit(train, dev=dev, cache=cache), data, dev, steps)

    @classmethod
    def refined(cls, tagger: Tagger, data: Dataset, dev: Sequence[Product], steps: Sequence[str | Step]) -> Self:
        """Return a pipeline around a strategy that is fitted already; its refinements choose on dev."""
        chain = Chain(steps).for_data(data)
        made = cls(tagger, chain, data)
        if chain.chooses and dev:
            lists = tagger.predict(dev)
            made.dev_score = f1_at_m(partial(chain.fit(lists, dev), lists), dev, None)
        return made

    def learn(
        self,
        more: Iterable[Any],
        y: Iterable[Iterable[str]] | None = None,
        *,
        old: Iterable[Any] | None = None,
        dev: Iterable[Any] | None = None,
        cache: FitCache | None = None,
    ) -> Learned:
        """Learn from more products, such as reviewed ones, choose the refinements again on dev, and say what changed.

        Products of dev that are among the new ones are learned from, and leave dev. If it fails or is interrupted, the
        pipeline stays as it was.

        Args:
            more: The products; see `Tagger.learn`.
            y: Their gold tags, where they do not hold them.
            old: The products that the strategy was fitted on; None: those of `fit` in this process.
            dev: The products to choose on, and to measure on before and after; None: those of `fit` in this process.
                Without any, the refinements stay as they are.
            cache: The costly fits of the same command.

        Returns:
            F1@M on dev before and after, the tags that its products gained and lost, and the pipeline as it was.

        Raises:
            BadInput: See `Tagger.learn`.
        """
        new = learning.latest(as_products(more) if y is None else with_tags(more, y))
        train, held_out = self._known_parts
        train = train if old is None else as_products(old)
        held_out = learning.without(held_out if dev is None else as_products(dev), new)
        before = Pipeline(self.tagger, self.refinement, self._fitted_on)
        known = before._tags
        tagger = copy.copy(self.tagger).learn(new, old=train, dev=held_out, cache=cache)
        fresh = tuple(dict.fromkeys(tag for product in new for tag in product.tags if tag not in known))
        after = Pipeline(tagger, self.refinement.extended(known, fresh), self._with(new, tagger, held_out))
        labelled = [product for product in held_out if product.tags]
        if labelled:
            after.refinement.fit(tagger.predict(labelled), labelled)
        replaced = None if train is None else len(train) - len(learning.without(train, new))
        learned = Learned.measured(before, after, labelled, products=len(new), replaced=replaced, new_tags=fresh)
        vars(self).clear()
        vars(self).update(vars(after), dev_score=learned.f1_after)
        return learned

    @property
    def _known_parts(self) -> tuple[Sequence[Product] | None, Sequence[Product]]:
        """What the strategy was fitted on, and what it chose on; None and nothing where that is not known."""
        if not isinstance(self._fitted_on, Dataset):
            return self.tagger.learned_from_, ()
        return train_and_dev(self._fitted_on, whole=not self.tagger.needs_threshold and not self.refinement.steps)

    @property
    def _tags(self) -> set[str]:
        """The tags that were learned."""
        return set(self.provenance.tag_counts if self.provenance else self.tagger._known_tags())

    def _with(self, new: Sequence[Product], tagger: Tagger, dev: Sequence[Product]) -> Dataset | Provenance | None:
        """Return what this pipeline was fitted on together with new products, which a strategy has learned from."""
        known = self._fitted_on
        if tagger.learned_from_ is None:
            return self.provenance and self.provenance.plus(new)
        name = known.data if isinstance(known, Provenance) else ""
        data = known if isinstance(known, Dataset) else Dataset(name, ())
        return data.with_parts(train=tagger.learned_from_, dev=dev)

    @overload
    def predict(self, products: Item) -> list[Tag]: ...  # type: ignore[overload-overlap]  # a text is iterable too
    @overload
    def predict(self, products: Iterable[Any]) -> Tags: ...
    def predict(self, products: Any) -> Any:
        """Return the refined tags of each product, the best first.

        Args:
            products: As in `Tagger.predict`.

        Returns:
            One list for each product; for a single product, title or mapping its list.

        Raises:
            BadInput: An item is not a product; the message names it.
        """
        rows = as_products(products)
        with blaming(self.tagger.source_):
            lists = self.refinement(self.tagger.predict(rows), rows)
        return shown(lists, rows, is_single(products))

    def score(self, products: Iterable[Any], y: Iterable[Iterable[str]] | None = None) -> float:
        """Return F1@M, the mean F1 of the refined lists over the products with gold tags.

        Args:
            products: As in `predict`.
            y: The gold tags of each product, where the products do not hold them.
        """
        return f1_at_m(self.predict, products, y)

    def n_truncated_chars(self, products: Iterable[Any]) -> list[int]:
        """Return for each product how many characters at the end of its text are not read (0: all are read)."""
        with blaming(self.tagger.source_):
            return self.tagger.n_truncated_chars(products)

    def save(self, folder: str | Path) -> Path:
        """Write everything into a folder, without pickle; see `Tagger.save`.

        Args:
            folder: Created if it does not exist.

        Returns:
            The folder.
        """
        known = self.provenance and self.provenance.to_state()
        return write_saved(folder, self.tagger, refinement=self.refinement.to_dict(), fitted_on=known)

    @classmethod
    def load(cls, folder: str | Path, settings: Mapping[str, Any] | None = None) -> Self:
        """Read what `save` wrote, or a strategy that was saved by itself; see `tagkit.load_tagger`."""
        tagger, document = read_saved(folder, settings)
        with blaming(str(folder)):
            chain = Chain.from_dict(document.get("refinement", {"steps": []}))
            return cls(tagger, chain, Provenance.from_state(document.get("fitted_on")))

    def __repr__(self) -> str:
        """Return the names of the strategy and of the refinements."""
        return f"Pipeline({' | '.join((self.name, *(step.name for step in self.refinement.steps)))})"

    def _repr_html_(self) -> str:
        """Return the parameters as a card for notebooks."""
        steps = "".join(map(cards.paragraph, map(repr, self.refinement.steps)))
        return cards.card(f"{self!r}, fitted", cards.values(self.tagger.get_params()), steps)


def default_refinements(tagger: Tagger) -> tuple[str, ...]:
    """Return the refinements behind a strategy by default: none where its lists are its answer."""
    return REFINE if tagger.needs_threshold else ()


def train_and_dev(data: Dataset, *, whole: bool = False) -> tuple[Sequence[Product], Sequence[Product]]:
    """Return what a strategy is fitted on and what it chooses on.

    Args:
        data: The products.
        whole: Whether nothing is chosen, so that train stays whole where there is no dev part.
    """
    if whole or any(product.tags for product in data.dev):
        return data.train, data.dev
    parts = ("dev" if split_of(product.id) == "dev" else "train" for product in data.train)
    train, dev, _ = by_part(zip(parts, data.train, strict=True))
    return (train, dev) if train and dev else (data.train, ())
