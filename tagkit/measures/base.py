"""What a measure is: a small declared object whose score is computed from sums over products.

A measure gives `statistics`, one row of numbers per product, and `summarise`, which turns the sums of these rows into
the score. Because only sums enter, one vectorised routine computes bootstrap intervals and permutation tests for every
measure, corpus-level ones such as micro-F1 included (see `tagkit.experiment.significance`).
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, dataclass_transform

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tagkit import registry
from tagkit.errors import BadInput, did_you_mean
from tagkit.measures.run import Run
from tagkit.product import Tag

Floats = NDArray[np.float64]


def _parameter(default: Any, check: Callable[[str, Any], Any]) -> Any:
    return field(default=default, metadata={"check": check})


def positive_int(*, default: int | str | None, letters: str = "", most: float = math.inf) -> Any:
    """Declare a parameter that is a positive whole number, one of some letters, or None if that is the default."""

    def check(name: str, value: Any) -> Any:
        is_positive_int = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most
        is_letter = isinstance(value, str) and len(value) == 1 and value in letters
        if is_positive_int or is_letter or (value is None and default is None):
            return value
        alternative = f" or one of {', '.join(letters)}" if letters else ""
        limit = f" up to {most:,}" if most < math.inf else ""
        raise BadInput(f"{name} must be a positive whole number{limit}{alternative}, not {value!r}")

    return _parameter(default, check)


def number(low: float, high: float = math.inf, *, default: float) -> Any:
    """Declare a parameter that is a number from `low` to `high`, both included."""

    def check(name: str, value: Any) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        interval = f"from {low:g} to {high:g}" if high < math.inf else f"of at least {low:g}"
        raise BadInput(f"{name} must be a number {interval}, not {value!r}")

    return _parameter(default, check)


def one_of(*values: Any, default: Any) -> Any:
    """Declare a parameter with a few possible values, all of one type."""

    def check(name: str, value: Any) -> Any:
        if type(value) is type(default) and value in values:
            return value
        raise BadInput(f"{name} must be one of {', '.join(map(str, values))}, not {value!r}")

    return _parameter(default, check)


def text(*, default: str) -> Any:
    """Declare a parameter that is a name, such as that of an encoder."""

    def check(name: str, value: Any) -> str:
        if isinstance(value, str) and value.strip() and not set(value) & set(",()"):
            return value
        raise BadInput(f"{name} must be a name without commas and brackets, not {value!r}")

    return _parameter(default, check)


SHARE = (0.0, 1.0)
"""The bounds of a measure that is a share."""


@dataclass_transform(eq_default=True, frozen_default=True, field_specifiers=(positive_int, number, one_of, text))
@dataclass(frozen=True, repr=False)
class Measure:
    """Base of all measures.

    Every subclass is a frozen dataclass: it sets `name`, `better` and `source`, documents its protocol in its
    docstring, and declares its parameters as annotated fields by `positive_int`, `number`, `one_of` and `text`. A
    parameter called `k` is the cutoff, which follows "@" in the measure's name: only the first k tags of each list are
    looked at.
    """

    name: ClassVar[str] = ""
    better: ClassVar[str] = "higher"
    """Whether "higher" or "lower" scores are better."""
    bounds: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    """The lowest and the highest possible score; no interval goes beyond them."""
    source: ClassVar[str] = ""
    """The publication that defines it."""
    needs: ClassVar[str] = ""
    """What a run must hold beside predicted and gold tags: "", "spans", "attributes", "train_counts", "facets" or
    "parents"."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Make the subclass a frozen dataclass."""
        super().__init_subclass__(**options)
        dataclass(frozen=True, repr=False)(cls)

    def __post_init__(self) -> None:
        """Check the parameters.

        Raises:
            BadInput: A parameter has a wrong value; the message names it.
        """
        for parameter in fields(self):
            if check := parameter.metadata.get("check"):
                object.__setattr__(self, parameter.name, check(parameter.name, getattr(self, parameter.name)))

    def prepare(self, tags: Iterable[str]) -> None:
        """Make ready what the measure needs beside runs, such as the vectors of all their tags, in one go.

        `statistics` does the same for the tags of its run. Most measures need nothing.

        Args:
            tags: The predicted tags that the measure looks at, and the gold tags, of all runs. Without any, it is only
                checked whether the measure can be computed here.

        Raises:
            MissingExtra: A package is not installed.
            WeightsMissing: The weights of a model are unavailable.
        """

    def versions(self) -> dict[str, str]:
        """Return the checksum of each model that the scores depend on, by its name."""
        return {}

    def statistics(self, run: Run) -> Floats | sparse.csr_matrix:
        """Return one row of additive numbers per product, shape (n, m).

        Raises:
            BadInput: The run lacks what the measure `needs`.
        """
        raise NotImplementedError

    def summarise(self, totals: Floats) -> Floats:
        """Return the scores, shape (...), of sums over products, shape (..., m); NaN where undefined."""
        raise NotImplementedError

    def __call__(
        self, predictions: Sequence[Sequence[Tag]] | Sequence[Sequence[str]] | Run, gold: Any = None, **known: Any
    ) -> float:
        """Return the score of predicted lists.

        Args:
            predictions: The ranked tags of each product (`Tag`s or strings), or a `Run`.
            gold: The gold tags of each product.
            **known: Further arguments of `Run`.
        """
        run = predictions if isinstance(predictions, Run) else Run(predictions, gold, **known)
        return float(self.summarise(np.asarray(self.statistics(run).sum(axis=0), dtype=float).ravel()))

    def params(self) -> dict[str, Any]:
        """Return the parameters with their values."""
        return {parameter.name: getattr(self, parameter.name) for parameter in fields(self)}

    def __str__(self) -> str:
        """Return the name as `parse` reads it, for example `R(tags=absent)@10`."""
        values = self.params()
        k = values.pop("k", None)
        defaults = {parameter.name: parameter.default for parameter in fields(self)}
        changed = ", ".join(f"{name}={value}" for name, value in values.items() if value != defaults[name])
        name = registry.measures.name_of(type(self))
        return name + (f"({changed})" if changed else "") + (f"@{k}" if k is not None else "")

    __repr__ = __str__

    @property
    def summary(self) -> str:
        """The first line of the class's docstring."""
        return (inspect.getdoc(type(self)) or "").partition("\n")[0]


class RatioMeasure(Measure):
    """Base of the measures that are a ratio of two sums over products: `statistics` has the shape (n, 2)."""

    def summarise(self, totals: Floats) -> Floats:
        """Return the first sum divided by the second."""
        return ratio(totals[..., 0], totals[..., 1])


class MeanMeasure(RatioMeasure):
    """Base of the measures that are the mean over products of a score per product."""

    def per_product(self, run: Run) -> Floats:
        """Return one score per product, shape (n,), NaN for a product that is left out."""
        raise NotImplementedError

    def statistics(self, run: Run) -> Floats:
        """Return the score of each product and whether it counts, shape (n, 2)."""
        values = self.per_product(run)
        counts = ~np.isnan(values)
        return np.column_stack([np.where(counts, values, 0.0), counts])


def ratio(numerator: Any, denominator: Any) -> Floats:
    """Divide element by element, NaN where the denominator is 0."""
    top, bottom = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    out = np.full(np.broadcast_shapes(top.shape, bottom.shape), np.nan)
    np.divide(top, bottom, out=out, where=bottom != 0)
    return out


def parse(text: str | Measure) -> Measure:
    """Turn a name such as `P@5`, `F1@M` or `R(tags=absent)@10` into a measure.

    Args:
        text: NAME, then parameters in brackets where there are any, then @ and the cutoff. A measure is returned as
            it is.

    Raises:
        UnknownName: No measure has that name.
        BadInput: The text is not of that form, or a parameter is unknown or has a wrong value.
    """
    if isinstance(text, Measure):
        return text
    match = re.fullmatch(r"\s*([A-Za-z][\w.:-]*)\s*(?:\(([^()]*)\))?\s*(?:@(\w+))?\s*", text)
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
            hint = did_you_mean(key, known)
            raise BadInput(f"{text!r}: {cls.name} has no parameter {key!r}{hint}; it has: {', '.join(known) or 'none'}")
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
