"""Values of parameters are checked against their annotations, before any work begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from tagkit import registry
from tagkit.errors import BadInput, MissingExtra
from tagkit.parameters import BelowOne, PositiveFloat, PositiveInt, Probability, check
from tagkit.taggers import create
from tagkit.taggers.dictionary import Dictionary


class Parameters:
    k: PositiveInt = 1
    rate: PositiveFloat | None = None
    share: Probability = 0.5
    dropout: BelowOne = 0.1
    index: Literal["both", "char"] = "both"
    fast: bool = False
    model: str = ""
    names: Sequence[str] = ()
    weights: Sequence[float] | None = None
    parts: Sequence[str | Sequence[Any]] = ()
    synonyms: Mapping[str, Sequence[str]] | None = None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k", np.int64(3)),
        ("rate", 3),
        ("rate", None),
        ("rate", np.float32(0.5)),
        ("share", 1.0),
        ("model", Path("folder")),
        ("names", ("a", "b")),
        ("weights", np.array([0.5, 1.0])),
        ("parts", ["lexicon", ["knn", {"k": 3}]]),
        ("synonyms", {"女性": ("女士",)}),
        ("unknown", object()),
    ],
)
def test_what_is_taken(name, value):
    check(Parameters, "x", {name: value})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("k", 0, "k must be at least 1, not 0"),
        ("k", "3", "k must be a whole number, not '3'"),
        ("k", 2.5, "k must be a whole number, not 2.5"),
        ("k", True, "k must be a whole number, not True"),
        ("rate", 0.0, "rate must be above 0, not 0.0"),
        ("rate", float("nan"), "rate must be a finite number, not nan"),
        ("share", 1.5, "share must be at most 1, not 1.5"),
        ("dropout", 1.0, "dropout must be below 1, not 1.0"),
        ("index", "bot", "index must be one of both, char, not 'bot' (did you mean 'both'?)"),
        ("fast", 1, "fast must be true or false, not 1"),
        ("model", 3, "model must be a text, not 3"),
        ("names", "abc", "names must be a list, not 'abc'"),
        ("names", [1], "names must be a text, not [1], at 0"),
        ("synonyms", [1], "synonyms must be keys with values, not [1]"),
    ],
)
def test_what_is_refused(name, value, message):
    with pytest.raises(BadInput) as error:
        check(Parameters, "x", {name: value})
    assert str(error.value) == f"x: {message}"


def test_parameters_are_checked_wherever_they_are_set(products):
    for refused in (
        lambda: create("knn", k=-1),
        lambda: create("knn").set_params(k=-1),
        lambda: type(create("knn"))(k=-1).fit(products),
    ):
        with pytest.raises(BadInput, match="knn: k must be at least 1, not -1"):
            refused()


def test_nothing_is_set_where_one_value_is_refused():
    tagger = create("knn")
    with pytest.raises(BadInput, match="power"):
        tagger.set_params(k=3, power="high")
    assert tagger.k == 10


def test_the_annotations_of_other_packages_may_be_anything(products):
    class Strange(Dictionary):
        name = "strange"
        unknown: NotDefined = 3  # type: ignore[name-defined]  # noqa: F821

    assert Strange(unknown="x").fit(products).unknown == "x"


@pytest.mark.parametrize("name", registry.taggers.names())
def test_the_defaults_and_the_search_space_of_every_strategy_are_taken(name):
    try:
        tagger = create(name)
    except MissingExtra as error:
        pytest.skip(str(error))
    tagger.set_params(**tagger.get_params())
    for parameter, values in tagger.space.items():
        for value in values if isinstance(values, list) else values[:2]:
            tagger.set_params(**{parameter: value})
