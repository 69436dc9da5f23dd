"""What may be written about each product."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
from tagkit.generation.constraints import Constraints, spans  # noqa: E402
from tagkit.generation.prompt_format import Item, PromptFormat, items  # noqa: E402
from tagkit.product import Product, Span, Tag  # noqa: E402


def test_types_values_and_repeated_types_are_those_of_train(model, annotated):
    prompt_format = PromptFormat(model, typed=True, category=True, window=50, known=[Item("黑色", "色")])
    constraints = Constraints(prompt_format).fit(annotated)
    assert constraints.copied and constraints.repeated == [] and set(constraints.types_of["鞋子"]) == {"色", "品"}
    absent = Product(
        "a", "一双鞋", category="袜", tags=("红色", "大"), annotations=(Tag("红色", type="色"), Tag("大", type="码"))
    )
    twice = Product("t", "红绿鞋", category="鞋子", annotations=(Tag("红", type="色"), Tag("绿", type="色")))
    constraints = Constraints(prompt_format).fit([*annotated[:3], absent, twice])
    assert not constraints.copied and constraints.repeated == ["色"]
    (constraint,) = constraints.make([Product("x", "蓝鞋", category="袜")], True)
    piece = (*prompt_format.piece("码"), prompt_format.special.colon, *prompt_format.piece("大"))
    assert constraint.read(piece) == Item("大", "码"), "a value of train that the text does not have"
    assert constraint.read(prompt_format.piece("品")) is None
    (other,) = constraints.make([Product("x", "蓝鞋", category="鞋子")], True)
    assert other.read(piece) is None, "shoes have no such type in train"


def test_spans_of_tags():
    assert spans(Item("red", ""), "Bored Red red") == (Span(6, 9), Span(10, 13))
    assert spans(Item("Red", "色"), "red Red") == (Span(4, 7),)
    assert spans(Item("Blue", "色"), "red") == ()
    assert items(Product("x", "y", tags=("a", "b", "a")), False) == [Item("a", ""), Item("b", "")]
