"""The refinement `normalise_values`."""

from __future__ import annotations

import pytest

from tagkit.datasets import load
from tagkit.experiment.fit import fold_of
from tagkit.measures import parse
from tagkit.product import Dataset, Product, Span, Tag
from tagkit.refine import Chain
from tagkit.refine.values import NormaliseValues


def product(number, raw, normal):
    gold = Tag(normal, 1.0, "gold", (Span(0, len(raw)),), "Ports")
    return Product(str(number), f"{raw} switch", annotations=(gold,), tags=(normal,))


def test_it_learns_from_train_and_is_saved_with_what_it_learned():
    train = [product(number, f"{number}-Port", str(number)) for number in range(2, 9)]
    step = NormaliseValues().for_data(Dataset("shop", tuple(train)))
    tags = [Tag("24-Port", 0.9, "span", (Span(0, 7),), "Ports"), Tag("24 port", 0.5, "span", (Span(9, 16),), "Ports")]
    tags += [Tag("24-Port", 0.4, "span", (), "Name")]
    wanted = [Tag("24", 0.9, "span", (Span(0, 7), Span(9, 16)), "Ports"), Tag("24-Port", 0.4, "span", (), "Name")]
    assert step.apply(tags, train[0]) == wanted
    again = Chain.from_dict(Chain([step]).to_dict())
    assert again([tags], [train[0]]) == [wanted]
    assert step.for_data(Dataset("other", ())) is step
    assert NormaliseValues().apply(tags, train[0]) == tags


def test_values_as_written_become_those_of_wdc_pave(public_data):
    pytest.importorskip("pint", reason="units need tagkit[units]")
    data = fold_of(load("wdc_pave", variant="normalized"), 5, 0)
    step = NormaliseValues().for_data(data)
    written = [
        [Tag(p.text[s.start : s.end], spans=(s,), type=tag.type) for tag in p.annotations for s in tag.spans[:1]]
        for p in data.test
    ]
    scores = [
        parse("attribute-F1")(tags, [p.tags for p in data.test], products=data.test)
        for tags in (written, Chain([step])(written, data.test))
    ]
    assert scores[0] < 0.5 and scores[1] > 0.9
