"""What may be chosen for a parameter: as text, as plain values and as Optuna has it."""

from __future__ import annotations

import pytest

from tagkit import registry
from tagkit.errors import BadInput, MissingExtra
from tagkit.experiment import space as spaces
from tagkit.taggers import create

pytest.importorskip("optuna")


@pytest.mark.parametrize("name", registry.taggers.names())
def test_the_spaces_of_the_strategies(name):
    try:
        tagger = create(name)
    except MissingExtra as error:
        pytest.skip(str(error))
    if not tagger.space:
        return
    space = spaces.searched(tagger, None, ())
    params = tagger.get_params()
    inside = spaces.encoded(space, params)
    assert {params[parameter] for parameter in space.keys() - inside} <= {None}, "the defaults are within the space"
    for parameter, values in space.items():
        assert spaces.parse(f"{parameter}={spaces.written(values)}") == (parameter, values)
        assert spaces.distribution(values) is not None


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("k=5..50", ("k", (5, 50))),
        ("rate=1e-4..1e-2 log", ("rate", (1e-4, 1e-2, "log"))),
        ("shift=-1.5..0.5", ("shift", (-1.5, 0.5))),
        ("index=both,char", ("index", ["both", "char"])),
        ("on=true,false,null", ("on", [True, False, None])),
        ('taggers=[["knn"], ["knn", "linear"]]', ("taggers", [["knn"], ["knn", "linear"]])),
    ],
)
def test_spaces_as_text(text, space):
    assert spaces.parse(text) == space


@pytest.mark.parametrize("text", ["k", "k=", "=5..6", "5..6", "a b=1..2"])
def test_what_is_no_space(text):
    with pytest.raises(BadInput, match="a space is written as"):
        spaces.parse(text)


@pytest.mark.parametrize(
    ("values", "drawn", "value"),
    [
        (["both", "char"], '"char"', "char"),
        ([[1], None], "[1]", [1]),
        ((1, 30), 7, 7),
        ((0.1, 10.0, "log"), 3.14159, 3.14),
        ((0.12345, 1.0), 0.12345, 0.12345),
    ],
)
def test_what_optuna_draws_becomes_a_value(values, drawn, value):
    assert spaces.decoded(values, drawn) == value


def test_all_combinations_of_a_small_space():
    assert spaces.combinations({"k": (1, 2), "index": ["a", "b"]}, 4) == [
        {"k": 1, "index": "a"},
        {"k": 1, "index": "b"},
        {"k": 2, "index": "a"},
        {"k": 2, "index": "b"},
    ]
    assert spaces.combinations({"k": (1, 2), "index": ["a", "b"]}, 3) == []
    assert spaces.combinations({"rate": (0.1, 0.2)}, 100) == []
