"""What a strategy is: a scikit-learn style estimator that turns products into ranked tags.

Subclass `Tagger` in a file of its own whose name is the strategy's name; `tests/test_taggers.py` then tests it.
"""

from __future__ import annotations

import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from scipy import sparse

from tagkit import fit_cache, registry
from tagkit.errors import BadInput, NotFitted
from tagkit.product import Product, Tag, Tags, as_products

State = dict[str, Any]
"""What a strategy learned: JSON values, numpy arrays and scipy sparse matrices by name."""
Space = Mapping[str, Sequence[Any]]
"""What may be chosen for parameters, by name: a list of choices, or a range (low, high) or (low, high, "log")."""


class Tagger(ABC):
    """Base of all strategies.

    `__init__` only stores its keywords under their own names. `_fit` learns and sets attributes that end in "_";
    `_tag` turns products into tags; `_state` and `_restore` give and take what was learned. The base class does the
    rest: checking input, saving, loading, cloning.
    """

    name: ClassVar[str] = ""
    final: ClassVar[bool] = False
    """Whether its lists are its answer as they are, so that no score threshold is chosen for it on dev."""
    space: ClassVar[Space] = {}
    """What `tagkit tune` searches unless one says otherwise; the range of two whole numbers holds whole numbers."""

    @abstractmethod
    def _fit(self, train: Sequence[Product], dev: Sequence[Product]) -> None:
        """Learn from the products, choosing on dev where there is something to choose."""

    @abstractmethod
    def _tag(self, products: Sequence[Product]) -> Tags:
        """Return for each product its ranked tags. Each product's tags depend on that product alone."""

    @abstractmethod
    def _state(self) -> State:
        """Return all that `_fit` learned."""

    @abstractmethod
    def _restore(self, state: State) -> None:
        """Take what `_state` gave."""

    def fit(self, products: Iterable[Any], dev: Iterable[Any] = ()) -> Self:
        """Learn from tagged products.

        Args:
            products: To learn from; strategies without training read only their texts.
            dev: To choose thresholds and parameters on, where the strategy has some.

        Returns:
            The strategy itself.

        Raises:
            BadInput: There are no products, or one is not a product; the message names it.
        """
        train = as_products(products)
        if not train:
            raise BadInput(f"{self.name} cannot learn from no products at all")
        fit_cache.learn(self, train, as_products(dev))
        self.fitted_ = True
        return self

    def predict(self, products: Iterable[Any]) -> Tags:
        """Return the ranked tags of each product, the best first.

        A product's tags do not depend on the other products in the call. A text appears at most once in a list for
        each type. A product without text gets no tags.

        Args:
            products: Products, titles or mappings with the fields of `Product`.

        Raises:
            NotFitted: The strategy was neither fitted nor loaded.
            BadInput: An item is not a product; the message names it.
        """
        self._check_fitted()
        rows = as_products(products)
        readable = [product for product in rows if product.text.strip()]
        found = iter(self._tag(readable) if readable else [])
        return [next(found) if product.text.strip() else [] for product in rows]

    def unread(self, products: Iterable[Any]) -> list[int]:
        """Return for each product how many characters of its text the strategy does not read (0: it reads all)."""
        return [0] * len(as_products(products))

    def get_params(self) -> dict[str, Any]:
        """Return the keywords of `__init__` with their values."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Set keywords of `__init__`.

        Raises:
            BadInput: There is no such keyword.
        """
        known = inspect.signature(type(self)).parameters
        for name, value in params.items():
            if name not in known:
                raise BadInput(f"{self.name} has no parameter {name!r}; it has: {', '.join(known) or 'none'}")
            setattr(self, name, value)
        return self

    def clone(self) -> Self:
        """Return an unfitted strategy with the same parameters."""
        return type(self)(**self.get_params())

    def save(self, folder: str | Path) -> Path:
        """Write the fitted strategy into a folder: `tagger.json` and `arrays.npz`, no pickle.

        Args:
            folder: Made if absent.

        Returns:
            The folder.

        Raises:
            NotFitted: There is nothing to save.
        """
        self._check_fitted()
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        plain, arrays = _split_state(self._state())
        body = {"strategy": self.name, "params": self.get_params(), "state": plain}
        text = json.dumps(body, ensure_ascii=False, default=_plain)
        np.savez_compressed(folder / "arrays.npz", allow_pickle=False, **arrays)
        (folder / "tagger.json").write_text(text, encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a strategy that `save` wrote.

        Args:
            folder: The folder.

        Raises:
            BadInput: The folder does not hold a saved strategy, or another one than this class.
        """
        path = Path(folder) / "tagger.json"
        if not path.is_file():
            raise BadInput(f"{folder} holds no saved strategy (no tagger.json)")
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            name, params, plain = body["strategy"], body["params"], body["state"]
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path} is not a saved strategy: {error}") from error
        kind = registry.taggers.get(name)
        if not issubclass(kind, cls):
            raise BadInput(f"{folder} holds the strategy {name}, not {cls.name}")
        tagger = kind(**params)
        with np.load(Path(folder) / "arrays.npz", allow_pickle=False) as arrays:
            tagger._restore(_join_state(plain, dict(arrays)))
        tagger.fitted_ = True
        return tagger

    def _check_fitted(self) -> None:
        if not getattr(self, "fitted_", False):
            raise NotFitted(f"the strategy {self.name} is not fitted: call fit(products) or load(folder) first")

    def __repr__(self) -> str:
        """Return the class with the parameters that differ from the defaults."""
        defaults = {name: p.default for name, p in inspect.signature(type(self)).parameters.items()}
        changed = [f"{key}={value!r}" for key, value in self.get_params().items() if value != defaults[key]]
        return f"{type(self).__name__}({', '.join(changed)})"


def create(name: str, **params: Any) -> Any:
    """Make a strategy by name.

    Args:
        name: A name from `tagkit taggers`.
        **params: Its keywords.

    Raises:
        UnknownName: No strategy has that name.
        BadInput: It has no such keyword.
    """
    return registry.taggers.get(name)().set_params(**params)


def take_synonyms(tagger: Tagger, synonyms: Mapping[str, Sequence[str]]) -> None:
    """Hand a data set's synonyms to a strategy that takes some and was given none.

    Args:
        tagger: The strategy; changed in place.
        synonyms: Other forms by preferred tag.
    """
    if synonyms and tagger.get_params().get("synonyms", synonyms) is None:
        tagger.set_params(synonyms={tag: list(forms) for tag, forms in synonyms.items()})


def nest(name: str, state: State) -> State:
    """Return a state as a part of a larger one: each key behind the part's name."""
    return {f"{name}:{key}": value for key, value in state.items()}


def unnest(name: str, state: State) -> State:
    """Return the part of a state that `nest` put there under a name."""
    front = f"{name}:"
    return {key.removeprefix(front): value for key, value in state.items() if key.startswith(front)}


def ranked(scores: Iterable[tuple[str, float]], source: str, limit: int | None = None, **fields: Any) -> list[Tag]:
    """Turn (text, score) pairs into tags, the best first, equal scores by text; scores are cut into [0, 1]."""
    best = sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:limit]
    return [Tag(text, float(min(1.0, max(0.0, score))), source, **fields) for text, score in best]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot be saved")


def _split_state(state: State) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Part a state into JSON values and arrays; a sparse matrix becomes four arrays."""
    plain: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for name, value in state.items():
        if sparse.issparse(value):
            matrix = value.tocsr()
            parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
            arrays |= {f"{name}|{part}": array for part, array in parts.items()}
            arrays[f"{name}|shape"] = np.asarray(matrix.shape)
        elif isinstance(value, np.ndarray):
            if value.dtype == object:
                raise TypeError(f"state {name!r} holds Python objects: keep it as a list")
            arrays[name] = value
        else:
            plain[name] = value
    return plain, arrays


def _join_state(plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> State:
    """Undo `_split_state`."""
    state: State = dict(plain)
    for key, array in arrays.items():
        name, bar, part = key.partition("|")
        if not bar:
            state[name] = array
        elif part == "shape":
            parts = (arrays[f"{name}|data"], arrays[f"{name}|indices"], arrays[f"{name}|indptr"])
            state[name] = sparse.csr_matrix(parts, shape=tuple(array))
    return state
