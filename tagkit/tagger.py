"""What a tagging strategy is: a scikit-learn style estimator that turns products into ranked tags.

A strategy is a subclass of `Tagger` in a file of its own in `tagkit/taggers/`; the shared contract in
`tagkit/contract.py` is then tested for it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self, cast, dataclass_transform, overload

from tagkit import attribution, learning, parameters
from tagkit.cache import FitCache, NoCache
from tagkit.datasets.items import Item, as_products, is_single, with_tags
from tagkit.errors import BadInput, blaming
from tagkit.estimator import Estimator
from tagkit.explanation import Explanation
from tagkit.product import Dataset, Product, Tag, Tags
from tagkit.saved import read_saved, write_saved
from tagkit.state import State
from tagkit.tag_lists import shown
from tagkit.text.clean import has_content
from tagkit.text.spelling import fold, merge, one_spelling

Space = Mapping[str, Sequence[Any]]
"""What may be chosen for parameters, by name: a list of choices, or a range (low, high) or (low, high, "log")."""


@dataclass_transform(kw_only_default=True, eq_default=False)
class Tagger(Estimator, ABC):
    """Base of all strategies.

    Every subclass is a keyword-only dataclass: its annotated class attributes are its parameters, declared once with
    their defaults; their types (`Literal["a", "b"]`, and those of `tagkit.parameters`) say which values `create`,
    `set_params` and `fit` take. Groups of parameters that several strategies share come from a mixin dataclass. `_fit`
    learns and sets attributes whose names end in "_"; `_tag` turns products into tags; `_state` and `_restore` give and
    take what was learned. The base classes do the rest: checking input, saving, loading, cloning, and what
    scikit-learn's `clone`, `Pipeline` and `GridSearchCV` ask of an estimator.
    """

    name: ClassVar[str] = ""
    needs_threshold: ClassVar[bool] = True
    """Whether the lists are meant to be cut at a threshold, which is chosen on dev; False: they are the answer."""
    reads_photos: ClassVar[bool] = False
    """Whether photos count, so that a product without words is tagged by its photo."""
    shows_parts: ClassVar[bool] = True
    """Whether an explanation shows which parts of a photo count; False for a strategy that says it in its own way."""
    space: ClassVar[Space] = {}
    """What `tagkit tune` searches by default; a range between two whole numbers contains whole numbers."""
    # These are not annotated, and so are no parameters.
    source_ = ""  # the folder that the strategy was loaded from
    learned_from_ = cast("Sequence[Product] | None", None)  # what it was fitted on; None after loading

    def __init_subclass__(cls, **options: Any) -> None:
        """Make the subclass a keyword-only dataclass."""
        super().__init_subclass__(**options)
        dataclass(kw_only=True, eq=False, repr=False)(cls)

    @abstractmethod
    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        """Learn from the products.

        Args:
            train: The products to learn from, at least one.
            dev: The products to choose on where there is something to choose; may be empty.
            cache: Passed on to sub-taggers and to costly parts that other runs share.
        """

    @abstractmethod
    def _tag(self, products: Sequence[Product]) -> Tags:
        """Return the ranked tags of each product. Each product's tags depend on that product alone."""

    @abstractmethod
    def _state(self) -> State:
        """Return everything that `_fit` learned."""

    @abstractmethod
    def _restore(self, state: State) -> None:
        """Take what `_state` returned."""

    def _explain(self, product: Product, tag: str) -> Explanation:
        """Return why a product has a tag, or why not; by default by leaving out each word in turn (occlusion).

        Args:
            product: A product whose text has a letter or digit.
            tag: Any text, given by the strategy or not.
        """
        return self._by_occlusion(product, tag)

    def _by_occlusion(self, product: Product, tag: str) -> Explanation:
        """Return the explanation that leaves out each word in turn; the arguments are those of `_explain`."""
        score, rough = (partial(tagger.score_of, tag=tag) for tagger in (self, self._rough()))
        return attribution.by_occlusion(product, tag, self.name, score, rough)

    def _rough(self) -> Tagger:
        """Return what gives nearly the same scores in less time, for scores of many texts of which differences count.

        By default the strategy itself; nothing of it may be changed.
        """
        return self

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        """Return the score of one tag for each product; a strategy that knows it also of tags not given says so."""
        key = fold(tag)
        return [max((one.score for one in row if fold(one.text) == key), default=0.0) for row in self._tag(products)]

    def fit(
        self,
        products: Iterable[Any],
        y: Iterable[Iterable[str]] | None = None,
        *,
        dev: Iterable[Any] = (),
        cache: FitCache | None = None,
    ) -> Self:
        """Learn from tagged products; of several spellings of one tag (T恤, t恤) only the most frequent one is learned.

        Args:
            products: Products, titles or mappings with the fields of `Product`, or a table (see
                `tagkit.datasets.items.as_products`); strategies without training read only their texts.
            y: The gold tags of each product, where the products do not hold them.
            dev: Products with gold tags on which thresholds and parameters are chosen, where the strategy has some.
            cache: The costly fits of the same command.

        Returns:
            The strategy itself.

        Raises:
            BadInput: There are no products, one is not a product, `y` has another length, or a parameter has a value of
                the wrong type or outside its range; the message names it.
        """
        train = as_products(products) if y is None else with_tags(products, y)
        if not train:
            raise BadInput(f"{self.name} cannot be fitted on no products at all")
        parameters.check(type(self), self.name, self.get_params())
        data = one_spelling(Dataset(self.name, tuple(train), tuple(as_products(dev))))
        (cache or NoCache()).fit(self, data.train, data.dev)
        self.fitted_, self.learned_from_ = True, data.train
        return self

    def learn(
        self,
        more: Iterable[Any],
        y: Iterable[Iterable[str]] | None = None,
        *,
        old: Iterable[Any] | None = None,
        dev: Iterable[Any] = (),
        cache: FitCache | None = None,
    ) -> Self:
        """Learn from more products, such as reviewed ones, without forgetting the old ones.

        A product with the id of an old one replaces it. How much work it is, and what is kept without the old products,
        each strategy says; those that say nothing are fitted again on old and new products together. If it fails or is
        interrupted, the strategy stays as it was.

        Args:
            more: The products, as in `fit`; of several versions of one product the last one counts.
            y: Their gold tags, where they do not hold them.
            old: The products that the strategy was fitted on; None: those that `fit` had in this process. They are not
                saved with a strategy.
            dev: As in `fit`.
            cache: As in `fit`.

        Returns:
            The strategy itself.

        Raises:
            NotFitted: There is nothing to add to.
            BadInput: There are no products, one is not a product, or the strategy needs the old ones to learn more.
        """
        self.check_fitted()
        latest = learning.latest(as_products(more) if y is None else with_tags(more, y))
        if not latest:
            raise BadInput(f"{self.name} cannot learn from no products at all")
        known = self.learned_from_ if old is None else as_products(old)
        kept = None if known is None else learning.without(known, latest)
        old_, new, held_out = learning.spelt(kept, self._known_tags(), latest, as_products(dev))
        before = dict(vars(self))
        try:
            with blaming(self.source_):
                self._learn(new, old_, held_out, cache or NoCache())
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise
        self.learned_from_ = None if old_ is None else (*old_, *new)
        return self

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        """Learn from more products; what `self` refers to is replaced, not changed, so that a failure can be undone.

        Args:
            more: The new products, at least one.
            old: What was learned from before, without the products that new ones replace; None: not known.
            dev: As in `_fit`.
            cache: As in `_fit`.
        """
        if old is None:
            self._learn_new(more, dev, cache)
        else:
            self._fit([*old, *more], dev, cache)

    def _learn_new(self, more: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        """Learn from more products where the old ones are not there; most strategies cannot. See `_learn`."""
        raise BadInput(f"{self.name} learns more only together with the products it was fitted on: give them as `old`")

    def _known_tags(self) -> Iterable[str]:
        """Return the tags that were learned, whose spelling stays where the old products are not there."""
        return getattr(self, "tags_", ())

    @overload
    def predict(self, products: Item) -> list[Tag]: ...  # type: ignore[overload-overlap]  # a text is iterable too
    @overload
    def predict(self, products: Iterable[Any]) -> Tags: ...
    def predict(self, products: Any) -> Any:
        """Return the ranked tags of each product, the best first.

        A product's tags do not depend on the other products in the call. A tag appears at most once in a list for each
        type, in one spelling. A product gets no tags if cleaning leaves no letter or digit of its text, unless its
        photo counts.

        Args:
            products: Products, titles or mappings with the fields of `Product`, or a table (see
                `tagkit.datasets.items.as_products`).

        Returns:
            One list for each product; for a single product, title or mapping its list.

        Raises:
            NotFitted: The strategy was neither fitted nor loaded.
            BadInput: An item is not a product; the message names it.
        """
        rows = as_products(products)
        lists = [merge(found or []) for found in self._of_readable(rows, self._tag)]
        return shown(lists, rows, is_single(products))

    def score_of(self, products: Iterable[Any], tag: str) -> list[float]:
        """Return the score of one tag for each product, where the strategy knows it also if the tag is not given.

        Args:
            products: As in `predict`.
            tag: The tag, in any of its spellings.

        Returns:
            One score from 0 to 1 for each product; 0 for a tag that the strategy does not know.
        """
        found = self._of_readable(as_products(products), partial(self._score_of, tag=tag))
        return [float(score or 0.0) for score in found]

    def _of_readable(self, rows: Sequence[Product], work: Callable[[Sequence[Product]], Sequence[Any]]) -> list[Any]:
        """Return what `work` gives for the products that can be read, None for the others."""
        self.check_fitted()
        readable = [self.can_read(product) for product in rows]
        chosen = [product for product, is_one in zip(rows, readable, strict=True) if is_one]
        with blaming(self.source_):
            found = iter(work(chosen) if chosen else [])
        return [next(found) if is_one else None for is_one in readable]

    def can_read(self, product: Product) -> bool:
        """Say whether there is anything to tag a product by: a letter or digit, or a photo where photos count."""
        return has_content(product.text) or (self.reads_photos and bool(product.images))

    def score(self, products: Iterable[Any], y: Iterable[Iterable[str]] | None = None) -> float:
        """Return F1@M, the mean F1 of the whole lists over the products with gold tags.

        Args:
            products: As in `predict`.
            y: The gold tags of each product, where the products do not hold them.
        """
        return f1_at_m(self.predict, products, y)

    def n_truncated_chars(self, products: Iterable[Any]) -> list[int]:
        """Return for each product how many characters at the end of its text are not read (0: all are read)."""
        return [0] * len(as_products(products))

    def save(self, folder: str | Path) -> Path:
        """Write the fitted strategy into a folder and return that; no pickle, and nothing that `tagkit.trust` names.

        Raises:
            NotFitted: There is nothing to save.
            OSError: It cannot be written; what was saved there before is still there.
        """
        return write_saved(folder, self)

    @classmethod
    def load(cls, folder: str | Path, settings: Mapping[str, Any] | None = None) -> Self:
        """Read a strategy that `save` wrote.

        Raises:
            BadInput: The folder does not hold a saved strategy of this class, or `read_saved` refuses it.
        """
        tagger, _ = read_saved(folder, settings)
        if not isinstance(tagger, cls):
            raise BadInput(f"{folder} holds the strategy {tagger.name}, not {cls.name}")
        return tagger


def f1_at_m(
    predict: Callable[[Sequence[Product]], Tags], products: Iterable[Any], y: Iterable[Iterable[str]] | None
) -> float:
    """Return the mean F1 of the lists that `predict` gives over the products with gold tags; see `Tagger.score`."""
    from tagkit.measures import parse

    rows = as_products(products) if y is None else with_tags(products, y)
    return parse("F1@M")(predict(rows), [product.tags for product in rows])


def ranked(scores: Iterable[tuple[str, float]], source: str, limit: int | None = None, **fields: Any) -> list[Tag]:
    """Turn (text, score) pairs into tags, the best first, equal scores by text; scores are cut into [0, 1]."""
    best = sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:limit]
    return [Tag(text, float(min(1.0, max(0.0, score))), source, **fields) for text, score in best]
