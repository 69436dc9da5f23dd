"""What every measure looks at: predicted tag lists beside gold tags, encoded once for all measures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, count
from operator import attrgetter
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit.errors import BadInput
from tagkit.product import Dataset, Product, Tag
from tagkit.taxonomy import ancestors
from tagkit.text.ngrams import NgramMatrix

BLOCK_CELLS = 2_000_000
"""Pairs of tags that a measure holds in memory at a time."""


class Run:
    """The ranked tags of one strategy for n products, beside the gold tags.

    A tag that occurs twice in a list counts once, at its better rank. Products without gold tags stay in the run:
    measures against gold leave them out (see `has_gold`), measures of the lists alone include them.

    Args:
        predictions: The ranked tags of each product, as `Tag`s or as strings.
        gold: The gold tags of each product, in any order (default: those of `products`).
        products: The products themselves, for the measures that look at text, types or spans.
        train_counts: How often each tag occurs in train, for the measures that need it.
        train_size: How many products train holds, for propensities.
        facets: The facet of each tag (`Dataset.facet_of`), for the measures of facets.
        parents: The broader tags that each tag implies (`Dataset.parents`), for the measures of a taxonomy.
        columns: A column for every tag that occurs, numbered from 0 without gaps, shared by runs whose statistics are
            to be paired (default: numbered here).

    Raises:
        BadInput: The lengths differ, or neither `gold` nor `products` is given.
    """

    def __init__(
        self,
        predictions: Sequence[Sequence[Tag]] | Sequence[Sequence[str]],
        gold: Sequence[Sequence[str]] | None = None,
        *,
        products: Sequence[Product] | None = None,
        train_counts: Mapping[str, int] | None = None,
        train_size: int | None = None,
        facets: Mapping[str, str] | None = None,
        parents: Mapping[str, Sequence[str]] | None = None,
        columns: Mapping[str, int] | None = None,
    ) -> None:
        if gold is None:
            if products is None:
                raise BadInput("a run needs `gold` or `products`")
            gold = [product.tags for product in products]
        if len(predictions) != len(gold):
            raise BadInput(f"{len(predictions)} predicted lists for {len(gold)} products")
        self.predictions = predictions
        self.gold_lists = gold
        self.products = products
        self.train_counts = train_counts
        self.train_size = train_size
        self._facets = facets
        self.parents = parents
        self._columns = columns
        self._data: Dataset | None = None

    @classmethod
    def of(
        cls,
        data: Dataset,
        predictions: Sequence[Sequence[Tag]] | Sequence[Sequence[str]],
        products: Sequence[Product],
        *,
        train: tuple[Mapping[str, int], int] | None = None,
        columns: Mapping[str, int] | None = None,
    ) -> Self:
        """Return the run of some products of a data set, with all that measures may need of the data set.

        Args:
            data: The data set.
            predictions: The ranked tags of each product.
            products: The products.
            train: How often each tag occurs in train, and how many products that holds (default: those of `data`).
            columns: As for the class.
        """
        counts, size = train or (data.tag_counts, len(data.train))
        known: dict[str, Any] = {"parents": data.parents or None, "columns": columns}
        made = cls(predictions, products=products, train_counts=counts, train_size=size, **known)
        made._data = data
        return made

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self.gold_lists)

    def require(self, argument: str, measure: object) -> Any:
        """Return an argument that a measure needs.

        Raises:
            BadInput: The run was made without it.
        """
        value = getattr(self, argument)
        if value is None:
            raise BadInput(f"{measure} needs `{argument}`: pass `{argument}=` beside the predictions")
        return value

    @property
    def facets(self) -> Mapping[str, str] | None:
        """The facet of each tag: those that were given, else those of the data set, worked out when asked for."""
        return self._data.facet_of or None if self._facets is None and self._data is not None else self._facets

    @cached_property
    def ancestors(self) -> Mapping[str, tuple[str, ...]]:
        """All tags above each tag of `parents`, the nearest first; worked out once for the runs of one data set.

        Raises:
            BadInput: A tag is broader than itself.
        """
        return ancestors(self.parents or {}) if self._data is None else self._data.ancestors

    @cached_property
    def _has_tags(self) -> bool:
        """Whether the predictions are `Tag`s, not strings."""
        return isinstance(next((row[0] for row in self.predictions if row), ""), Tag)

    @cached_property
    def texts(self) -> list[Sequence[str]]:
        """The ranked tag texts of each product, each once."""
        rows: Any = self.predictions
        if self._has_tags:
            rows = [[tag.text for tag in row] for row in rows]
        return [row if len(set(row)) == len(row) else list(dict.fromkeys(row)) for row in rows]

    @cached_property
    def gold(self) -> list[frozenset[str]]:
        """The gold tags of each product."""
        return [frozenset(row) for row in self.gold_lists]

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """The score of the tag at each rank, shape (n, width), padded with 0; strings have the score 1."""
        if not self._has_tags:
            return (self.codes >= 0).astype(float)
        rows: Any = self.predictions
        if int(self.lengths.sum()) < sum(map(len, rows)):
            rows = map(_first_of_each_text, rows)
        return pad(np.fromiter(map(attrgetter("score"), chain.from_iterable(rows)), float), self.lengths, 0)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Number of predicted tags, shape (n,)."""
        return np.count_nonzero(self.codes >= 0, axis=1)

    @cached_property
    def gold_sizes(self) -> NDArray[np.int64]:
        """Number of gold tags, shape (n,)."""
        return np.count_nonzero(self.gold_codes >= 0, axis=1)

    @cached_property
    def has_gold(self) -> NDArray[np.bool_]:
        """Which products have gold tags, shape (n,)."""
        return self.gold_sizes > 0

    @property
    def width(self) -> int:
        """Length of the longest predicted list."""
        return self.codes.shape[1]

    @cached_property
    def hits(self) -> NDArray[np.bool_]:
        """Whether the tag at each rank is gold, shape (n, width), padded with False."""
        out = np.zeros(self.codes.shape, dtype=bool)
        for column in self.gold_codes.T:
            out |= self.codes == column[:, None]
        out &= self.codes >= 0
        return out

    @property
    def vocabulary(self) -> Mapping[str, int]:
        """The code of every predicted and gold tag: the shared `columns` where they are given."""
        return self._encoded[0]

    @property
    def codes(self) -> NDArray[np.int32]:
        """The code of the tag at each rank, shape (n, width), padded with -1."""
        return self._encoded[1]

    @property
    def gold_codes(self) -> NDArray[np.int32]:
        """The codes of the gold tags, shape (n, most gold tags of a product), padded with -1."""
        return self._encoded[2]

    @cached_property
    def _encoded(self) -> tuple[Mapping[str, int], NDArray[np.int32], NDArray[np.int32]]:
        # Every measure waits for this, so the work per tag is done in C.
        codes_of = defaultdict(count().__next__) if self._columns is None else self._columns

        def encode(rows: Sequence[Sequence[Any]], tags: Iterable[str]) -> NDArray[np.int32]:
            lengths = np.fromiter(map(len, rows), np.int64, count=len(rows))
            flat = np.fromiter(map(codes_of.__getitem__, tags), np.int32, count=int(lengths.sum()))
            return drop_duplicates(pad(flat, lengths, -1))

        try:
            gold = encode(self.gold_lists, chain.from_iterable(self.gold_lists))
            texts: Any = chain.from_iterable(self.predictions)
            if self._has_tags:
                texts = [tag.text for tag in texts]
            codes = encode(self.predictions, texts)
        except KeyError as error:
            raise BadInput(f"`columns` lacks the tag {error}") from error
        return dict(codes_of) if self._columns is None else codes_of, codes, gold

    @cached_property
    def names(self) -> list[str]:
        """The tags of the vocabulary in the order of their codes."""
        return sorted(self.vocabulary, key=self.vocabulary.__getitem__)

    @cached_property
    def bigrams(self) -> NgramMatrix:
        """The character bigrams of the tags of the vocabulary in lower case, by code."""
        return NgramMatrix([tag.lower() for tag in self.names], 2)

    def table(self, value: Callable[[str], float], padding: float) -> NDArray[np.float64]:
        """Return a value for each tag, to be indexed with `codes` or `gold_codes`.

        Args:
            value: From a tag to its value.
            padding: The value of the code -1.
        """
        return np.array([*map(value, self.names), padding], dtype=float)

    def counts(self, k: int | None = None, columns: Mapping[str, int] | None = None) -> sparse.csr_matrix:
        """Return which tags are predicted for which product.

        Args:
            k: How many tags of each list to look at (default: all).
            columns: The column of each tag (default: its code); tags without one are left out.

        Returns:
            Ones and zeros, shape (n, number of columns).
        """
        codes = self.codes[:, :k]
        if columns is None:
            return indicator(codes, len(self.vocabulary))
        known = columns
        return indicator(self.table(lambda tag: known.get(tag, -1), -1).astype(np.int32)[codes], len(columns))


def _first_of_each_text(tags: Iterable[Tag]) -> Iterable[Tag]:
    firsts: dict[str, Tag] = {}
    for tag in tags:
        firsts.setdefault(tag.text, tag)
    return firsts.values()


def blocks(n: int, cells: int) -> Iterator[slice]:
    """Split n products into blocks, given how many pairs of tags one product has."""
    step = max(1, BLOCK_CELLS // max(1, cells))
    for start in range(0, n, step):
        yield slice(start, min(n, start + step))


def pad(flat: NDArray[Any], lengths: NDArray[np.int64], padding: int) -> NDArray[Any]:
    """Turn lists that follow one another in `flat` into padded rows, shape (n, longest)."""
    out: NDArray[Any] = np.full((len(lengths), int(lengths.max(initial=0))), padding, dtype=flat.dtype)
    out[np.arange(out.shape[1]) < lengths[:, None]] = flat
    return out


def indicator(codes: NDArray[np.int32], size: int) -> sparse.csr_matrix:
    """Turn rows of codes below `size`, padded with -1, into rows of ones and zeros, shape (n, size)."""
    taken = codes >= 0
    ends = np.concatenate([[0], np.cumsum(np.count_nonzero(taken, axis=1))])
    columns = codes[taken]
    return sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(codes), size))


def drop_duplicates(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return rows in which each code occurs once, where it occurred first, without columns of padding alone.

    Args:
        codes: Rows of codes, padded with -1, shape (n, w); changed in place.
    """
    ordered = np.sort(codes, axis=1)
    repeated = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if not repeated.any():
        return codes
    for number in np.flatnonzero(repeated.any(axis=1)):
        row = codes[number]
        distinct = list(dict.fromkeys(row[row >= 0].tolist()))
        row[:] = -1
        row[: len(distinct)] = distinct
    return codes[:, : int(np.count_nonzero(codes >= 0, axis=1).max(initial=0))]
