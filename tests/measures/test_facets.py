"""Facet recall and facet entropy beside values worked out by hand."""

from __future__ import annotations

import math
import random
import time

import pytest

from tagkit.errors import BadInput
from tagkit.measures import Run, parse

FACETS = {"dress": "type", "shoes": "type", "red": "colour", "blue": "colour", "silk": "material", "party": "occasion"}
GOLD = [["dress", "red", "silk"], ["shoes", "red", "blue", "party"], ["dress", "unknown"], ["unknown"], []]
LISTS = [["dress", "blue", "shoes", "party"], ["red", "unknown"], [], ["red"], ["red"]]


def per_product(measure: str, lists=LISTS, gold=GOLD, facets=FACETS) -> list[float]:
    return parse(measure).per_product(Run(lists, gold, facets=facets)).tolist()


def same(values: list[float], expected: list[float]) -> bool:
    return values == pytest.approx(expected, nan_ok=True)


def test_facet_recall():
    # gold: {type, colour, material}, {type, colour, occasion}, {type}; the lists cover 2, 1 and none of these
    assert same(per_product("facet-R@10"), [2 / 3, 1 / 3, 0, math.nan, math.nan])
    assert same(per_product("facet-R@1"), [1 / 3, 1 / 3, 0, math.nan, math.nan])
    # only dress and red are gold
    assert same(per_product("facet-R(right=True)@10"), [1 / 3, 1 / 3, 0, math.nan, math.nan])
    assert parse("facet-R")(Run(LISTS, GOLD, facets=FACETS)) == pytest.approx(1 / 3)


def test_facet_recall_only_looks_at_gold_tags_among_the_first_k_if_they_must_be_right():
    lists, gold = [["blue", "dress", "red"]], [["red", "dress"]]
    found = [per_product(f"facet-R(right=True)@{k}", lists, gold)[0] for k in (1, 2, 3)]
    assert found == [0, 0.5, 1]


def test_facet_entropy():
    # type twice and colour once (party is no facet of gold): H = log 3 - 2/3 log 2, of log 3 at most
    first = (math.log(3) - 2 / 3 * math.log(2)) / math.log(3)
    assert same(per_product("facet-entropy@10"), [first, 0, math.nan, math.nan, math.nan])
    even = per_product("facet-entropy@10", [["red", "shoes", "silk"], ["unknown"]], GOLD[:2])
    assert same(even, [1, 0])  # a list without any facet of gold is not even
    assert same(per_product("facet-entropy@2", [["dress", "shoes", "red", "silk"]], GOLD[:1]), [0])


@pytest.mark.parametrize("size", [6, 22, 26])
def test_the_entropy_of_one_facet_is_never_below_0(size):
    tags = [f"shoes {n}" for n in range(size)]
    facets = dict.fromkeys(tags, "type") | FACETS
    assert per_product(f"facet-entropy@{size}", [tags], [["dress", "red"]], facets) == [0]  # rounding left -1e-16


def test_a_tag_is_looked_up_in_any_spelling():
    assert per_product("facet-R", [["ＲＥＤ"]], [["Red"]]) == [1]
    exact = {"red": "colour", "RED": "brand"}
    assert per_product("facet-R", [["RED"]], [["red"]], exact) == [0]


def test_facets_are_needed():
    with pytest.raises(BadInput, match="facet-R@10 needs `facets`"):
        parse("facet-R")([["a"]], [["a"]])


def test_many_lists_take_seconds():
    rng = random.Random(0)
    tags = [f"tag {i}" for i in range(5_000)]
    lists, gold = ([rng.sample(tags, size) for _ in range(100_000)] for size in (10, 8))
    run = Run(lists, gold, facets={tag: f"facet {i % 14}" for i, tag in enumerate(tags)})
    run.codes  # noqa: B018  # every measure needs them
    start = time.process_time()
    assert 0.4 < parse("facet-R")(run) < 0.6 and 0.4 < parse("facet-entropy")(run) < 0.7
    assert time.process_time() - start < 10
