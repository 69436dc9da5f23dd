"""What a measure is: a small declared object whose figure comes from sums over products.

A measure gives `statistics` (one row of numbers per product) and `summarise` (from the sums of those rows to the
figure). Because only sums enter, one vectorised routine draws bootstrap intervals and randomisation tests for every
measure alike, corpus-level ones such as micro-F1 included (see `tagkit.experiment.significance`).
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit import registry
from tagkit.errors import BadInput
from tagkit.measures.run import Run
from tagkit.product import Tag

Totals = NDArray[np.float64]


class Measure:
    """Base of all measures.

    A subclass sets `name`, `better` ("higher" or "lower") and `source`, documents its protocol in its docstring, and
    takes its parameters as keywords of `__init__`, `k` (the cutoff behind "@") among them where it has one.
    """

    name: ClassVar[str] = ""
    better: ClassVar[str] = "higher"
    source: ClassVar[str] = ""
    needs: ClassVar[str] = ""
    """What a run must have for this measure beside tags: "", "spans", "attributes" or "train_counts"."""

    def statistics(self, run: Run) -> Totals | sparse.csr_matrix:
        """Return one row of additive numbers per product, shape (n, m)."""
        raise NotImplementedError

    def summarise(self, totals: Totals) -> Totals:
        """Turn sums over products, shape (..., m), into figures, shape (...); NaN where undefined."""
        raise NotImplementedError

    def __call__(
        self, predictions: Sequence[Sequence[Tag]] | Sequence[Sequence[str]] | Run, gold: Any = None, **known: Any
    ) -> float:
        """Return the figure for predicted lists beside gold tags.

        Args:
            predictions: For each product its ranked tags (`Tag`s or strings), or a `Run`.
            gold: For each product its gold tags.
            **known: Further arguments of `Run`.
        """
        run = predictions if isinstance(predictions, Run) else Run(predictions, gold, **known)
        return float(self.summarise(np.asarray(self.statistics(run).sum(axis=0), dtype=float).ravel()))

    def params(self) -> dict[str, Any]:
        """Return the parameters by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __str__(self) -> str:
        """Return the name as `parse` reads it, for example `R(tags=absent)@10`."""
        changed = {
            name: getattr(self, name)
            for name, p in inspect.signature(type(self)).parameters.items()
            if name != "k" and getattr(self, name) != p.default
        }
        inner = f"({', '.join(f'{key}={value}' for key, value in changed.items())})" if changed else ""
        k = getattr(self, "k", None)
        return f"{self.name}{inner}" + (f"@{k}" if k is not None else "")

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        """Two measures are equal when name and parameters are."""
        return isinstance(other, Measure) and str(self) == str(other)

    def __hash__(self) -> int:
        """Hash by name and parameters."""
        return hash(str(self))

    @property
    def summary(self) -> str:
        """The first line of the class's docstring."""
        return (inspect.getdoc(type(self)) or "").partition("\n")[0]


class MeanMeasure(Measure):
    """Base of the measures that are a mean over products of a figure per product."""

    def per_product(self, run: Run) -> Totals:
        """Return one figure per product, shape (n,), NaN for a product that is left out."""
        raise NotImplementedError

    def statistics(self, run: Run) -> Totals:
        """Return per product its figure and whether it counts, shape (n, 2)."""
        values = self.per_product(run)
        counts = ~np.isnan(values)
        return np.column_stack([np.where(counts, values, 0.0), counts])

    def summarise(self, totals: Totals) -> Totals:
        """Return the mean over the products that count."""
        return ratio(totals[..., 0], totals[..., 1])


def ratio(numerator: Any, denominator: Any) -> NDArray[np.float64]:
    """Divide element by element, NaN where the denominator is 0."""
    top, bottom = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    out = np.full(np.broadcast_shapes(top.shape, bottom.shape), np.nan)
    np.divide(top, bottom, out=out, where=bottom != 0)
    return out


def parse(text: str | Measure) -> Measure:
    """Turn a name such as `P@5`, `F1@M` or `R(tags=absent)@10` into a measure.

    Args:
        text: NAME, then parameters in brackets where there are any, then @ and the cutoff. A measure passes through.

    Raises:
        UnknownName: No measure has that name.
        BadInput: The text is not of that form, or a parameter is unknown or wrong.
    """
    if isinstance(text, Measure):
        return text
    match = re.fullmatch(r"\s*([A-Za-z][\w-]*)\s*(?:\(([^()]*)\))?\s*(?:@(\w+))?\s*", text)
    if not match:
        raise BadInput(f"{text!r} is not a measure; write for example P@5, F1@M or R(tags=absent)@10")
    cls = registry.measures.get(match[1])
    values: dict[str, Any] = {}
    for part in filter(None, (match[2] or "").split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise BadInput(f"{text!r}: {part.strip()!r} should be name=value")
        values[key.strip()] = _value(value.strip())
    if match[3]:
        values["k"] = _value(match[3])
    known = inspect.signature(cls).parameters
    for key in values:
        if key not in known:
            raise BadInput(f"{text!r}: {cls.name} has no parameter {key!r}; it has: {', '.join(known) or 'none'}")
    return cls(**values)


def parse_all(texts: Iterable[str | Measure]) -> list[Measure]:
    """Parse several measures, each once, in order."""
    return list(dict.fromkeys(parse(text) for text in texts))


def _value(text: str) -> Any:
    if text in ("True", "False"):
        return text == "True"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def check_cutoff(k: Any, *, letters: str = "", optional: bool = False) -> Any:
    """Return a cutoff as it is if it is a positive number, one of the letters or, where allowed, None.

    Raises:
        BadInput: It is none of these.
    """
    if (
        (optional and k is None)
        or (isinstance(k, int) and not isinstance(k, bool) and k > 0)
        or (isinstance(k, str) and k and k in letters)
    ):
        return k
    raise BadInput(
        f"a cutoff is a positive whole number{' or one of ' + ', '.join(letters) if letters else ''}, not {k!r}"
    )


def check_number(name: str, value: Any, low: float, high: float = math.inf) -> float:
    """Return a parameter as a float if it is a number from `low` to `high`, else raise `BadInput`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    above = f"from {low:g} to {high:g}" if high < math.inf else f"of at least {low:g}"
    raise BadInput(f"{name} is a number {above}, not {value!r}")
