"""What every measure looks at: predicted tag lists beside gold tags, encoded once and shared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain, count
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.errors import BadInput
from tagkit.measures._arrays import drop_repeats, indicator, lay_out
from tagkit.product import Product, Tag


class Run:
    """The ranked tags of one strategy for n products, beside the gold tags.

    A tag that stands twice in a list counts once, at its better rank. Products without gold tags stay in the run:
    measures against gold leave them out (see `judged`), measures of the lists alone keep them.

    Args:
        predictions: For each product its ranked tags, as `Tag`s or as strings.
        gold: For each product its gold tags, in any order.
        products: The products themselves, for the measures that look at text, types or spans.
        train_counts: How often each tag occurs in train, for the measures that need it.
        train_size: How many products train holds, for propensities.
        columns: A column for every tag that occurs, numbered from 0 without gaps, shared by runs whose statistics are
            to be paired; made here if absent.

    Raises:
        BadInput: The lengths differ.
    """

    def __init__(
        self,
        predictions: Sequence[Sequence[Tag]] | Sequence[Sequence[str]],
        gold: Sequence[Sequence[str]] | None = None,
        *,
        products: Sequence[Product] | None = None,
        train_counts: Mapping[str, int] | None = None,
        train_size: int | None = None,
        columns: Mapping[str, int] | None = None,
    ) -> None:
        if gold is None:
            if products is None:
                raise BadInput("a run needs `gold` or `products`")
            gold = [product.tags for product in products]
        if len(predictions) != len(gold):
            raise BadInput(f"{len(predictions)} predicted lists for {len(gold)} products")
        self.raw = predictions
        self.gold_lists = gold
        self.products = products
        self.train_counts = train_counts
        self.train_size = train_size
        self._columns = columns

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self.gold_lists)

    @cached_property
    def _tagged(self) -> bool:
        """Whether the predictions are `Tag`s, not strings."""
        return isinstance(next((row[0] for row in self.raw if row), ""), Tag)

    @cached_property
    def texts(self) -> list[Sequence[str]]:
        """For each product its ranked tag texts, each once."""
        rows = [[tag.text for tag in row] for row in self.raw] if self._tagged else self.raw  # type: ignore[union-attr]
        return [row if len(set(row)) == len(row) else list(dict.fromkeys(row)) for row in rows]  # type: ignore[arg-type,misc]

    @cached_property
    def tags(self) -> list[list[Tag]]:
        """For each product its `Tag`s, the first of each text; strings get the score 1."""
        out = []
        for row in self.raw:
            firsts: dict[str, Tag] = {}
            for tag in row:
                full = tag if isinstance(tag, Tag) else Tag(tag)
                firsts.setdefault(full.text, full)
            out.append(list(firsts.values()))
        return out

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """The score of the tag at each rank, shape (n, width), 0 behind a list's end; strings have the score 1."""
        if not self._tagged:
            return (self.codes >= 0).astype(float)
        whole = int(self.lengths.sum()) == sum(map(len, self.raw))
        tags: Any = chain.from_iterable(self.raw if whole else self.tags)
        return lay_out(np.fromiter(map(attrgetter("score"), tags), float), self.lengths, 0)

    @cached_property
    def gold(self) -> list[frozenset[str]]:
        """For each product the set of its gold tags."""
        return [frozenset(row) for row in self.gold_lists]

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Number of predicted tags, shape (n,)."""
        return np.count_nonzero(self.codes >= 0, axis=1)

    @cached_property
    def gold_sizes(self) -> NDArray[np.int64]:
        """Number of gold tags, shape (n,)."""
        return np.count_nonzero(self.gold_codes >= 0, axis=1)

    @cached_property
    def judged(self) -> NDArray[np.bool_]:
        """Which products have gold tags, shape (n,)."""
        return self.gold_sizes > 0

    @property
    def width(self) -> int:
        """Length of the longest predicted list."""
        return self.codes.shape[1]

    @cached_property
    def hits(self) -> NDArray[np.bool_]:
        """Whether the tag at each rank is gold, shape (n, width), False behind a list's end."""
        out = np.zeros(self.codes.shape, dtype=bool)
        for place in self.gold_codes.T:
            out |= self.codes == place[:, None]
        out &= self.codes >= 0
        return out

    @property
    def vocabulary(self) -> Mapping[str, int]:
        """All predicted and gold tags by number: the shared `columns` where they are given."""
        return self._encoded[0]

    @property
    def codes(self) -> NDArray[np.int32]:
        """The number of the tag at each rank, shape (n, width), -1 behind a list's end."""
        return self._encoded[1]

    @property
    def gold_codes(self) -> NDArray[np.int32]:
        """The numbers of the gold tags, shape (n, most gold tags of a product), -1 behind a list's end."""
        return self._encoded[2]

    @cached_property
    def _encoded(self) -> tuple[Mapping[str, int], NDArray[np.int32], NDArray[np.int32]]:
        # Every measure waits for this, so what is done for each tag is done in C.
        numbers = defaultdict(count().__next__) if self._columns is None else self._columns

        def encode(rows: Sequence[Sequence[Any]], tags: Iterable[str]) -> NDArray[np.int32]:
            lengths = np.fromiter(map(len, rows), np.int64, count=len(rows))
            flat = np.fromiter(map(numbers.__getitem__, tags), np.int32, count=int(lengths.sum()))
            return drop_repeats(lay_out(flat, lengths, -1))

        try:
            gold = encode(self.gold_lists, chain.from_iterable(self.gold_lists))
            texts: Any = chain.from_iterable(self.raw)
            if self._tagged:
                texts = [tag.text for tag in texts]
            codes = encode(self.raw, texts)
        except KeyError as error:
            raise BadInput(f"`columns` lacks the tag {error}") from error
        return dict(numbers) if self._columns is None else numbers, codes, gold

    @cached_property
    def names(self) -> list[str]:
        """The tags of the vocabulary, each at its number."""
        return sorted(self.vocabulary, key=self.vocabulary.__getitem__)

    def table(self, value: Callable[[str], float], none: float) -> NDArray[np.float64]:
        """Return a value for each tag, to be indexed with `codes` or `gold_codes`.

        Args:
            value: From a tag to its value.
            none: The value behind a list's end.
        """
        return np.array([*map(value, self.names), none], dtype=float)

    def counts(self, k: int | None = None, columns: Mapping[str, int] | None = None) -> sparse.csr_matrix:
        """Say which tags are predicted for which product.

        Args:
            k: How many tags of each list to look at, all if None.
            columns: The column of each tag, those of `vocabulary` if None; tags that it does not hold are left out.

        Returns:
            Ones and zeros, shape (n, number of columns).
        """
        codes = self.codes[:, :k]
        if columns is None:
            return indicator(codes, len(self.vocabulary))
        known = columns
        return indicator(self.table(lambda tag: known.get(tag, -1), -1).astype(np.int32)[codes], len(columns))
