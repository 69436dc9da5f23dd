"""Strategies of one command that have the same member: it learns once, with the same tags and the whole time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from tagkit import fit_cache
from tagkit.experiment.compare import compare, run_strategy
from tagkit.fit_cache import Learnt, learning_once
from tagkit.product import Dataset, Product, Tag
from tagkit.taggers import create
from tagkit.taggers._stacked_features import Surface
from tagkit.taggers._stacking import Evidence
from tagkit.taggers.ensemble import Ensemble
from tagkit.taggers.knn import Neighbours

PRODUCTS = [
    Product(str(i), f"{colour}{kind}", tags=(colour, kind))
    for i, (colour, kind) in enumerate(
        (colour, kind) for colour in ("红色", "蓝色", "黑色") for kind in ("高跟鞋", "衬衫", "背包", "水杯")
    )
]
TAGS = sorted({tag for product in PRODUCTS for tag in product.tags})


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the products that neighbours learn from, and let it take a while."""
    sizes: list[int] = []
    own = Neighbours._fit

    def counted(self: Neighbours, train: Sequence[Product], dev: Sequence[Product]) -> None:
        sizes.append(len(train))
        time.sleep(0.05)
        own(self, train, dev)

    monkeypatch.setattr(Neighbours, "_fit", counted)
    monkeypatch.setattr(fit_cache, "COSTLY", 0.05)
    return sizes


def average(**params: Any) -> Ensemble:
    return Ensemble([["knn", params], "lexicon"])


class TestOnce:
    def test_equal_member_learns_once_and_gives_the_same_tags(self, learning: list[int]) -> None:
        expected = average().fit(PRODUCTS).predict(PRODUCTS)
        learning.clear()
        with learning_once(Learnt()) as learnt:
            alone = create("knn").fit(PRODUCTS)
            found = average().fit(PRODUCTS)
        assert learning == [len(PRODUCTS)]
        assert found.predict(PRODUCTS) == expected
        assert alone.predict(PRODUCTS) == create("knn").fit(PRODUCTS).predict(PRODUCTS)
        assert learnt.saved >= 0.05

    @pytest.mark.parametrize(("params", "rows"), [({"k": 3}, slice(None)), ({}, slice(1, None))])
    def test_other_parameters_or_products_learn_anew(
        self, learning: list[int], params: dict[str, Any], rows: slice
    ) -> None:
        with learning_once(Learnt()) as learnt:
            create("knn").fit(PRODUCTS)
            average(**params).fit(PRODUCTS[rows])
        assert len(learning) == 2
        assert not learnt.saved

    def test_outside_nothing_is_remembered(self, learning: list[int]) -> None:
        create("knn").fit(PRODUCTS)
        average().fit(PRODUCTS)
        assert len(learning) == 2

    def test_parameters_changed_later_stay_apart(self, learning: list[int]) -> None:
        with learning_once(Learnt()):
            first, second = create("knn").fit(PRODUCTS), create("knn").fit(PRODUCTS)
        assert len(learning) == 1
        second.set_params(k=1)
        assert first.get_params() != second.get_params()

    def test_only_the_latest_are_kept(self, learning: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fit_cache, "MOST", 1)
        with learning_once(Learnt()):
            for k in (3, 4, 3):
                create("knn", k=k).fit(PRODUCTS)
        assert len(learning) == 3

    def test_the_time_counts_as_if_it_had_learnt(self, learning: list[int]) -> None:
        data = Dataset("few", tuple(PRODUCTS[:8]), tuple(PRODUCTS[8:10]), tuple(PRODUCTS[10:]))
        learnt = Learnt()
        run_strategy("alone", create("knn"), data, (), learnt)
        found = run_strategy("average", average(), data, (), learnt)
        assert len(learning) == 1
        assert found.fit_seconds >= 0.05

    def test_compare_learns_once(self, learning: list[int]) -> None:
        data = Dataset("few", tuple(PRODUCTS[:8]), tuple(PRODUCTS[8:10]), tuple(PRODUCTS[10:]))
        compare(
            {"knn": create("knn"), "both": average()},
            data,
            ["F1@M"],
            refine=(),
            samples=10,
            progress=False,
            baseline="knn",
            resume=False,
        )
        assert len(learning) == 1

    def test_tags_carry_their_source(self, learning: list[int]) -> None:
        with learning_once(Learnt()):
            create("knn").fit(PRODUCTS)
            (row,) = create("knn").fit(PRODUCTS).predict([PRODUCTS[0]])
        assert row and all(isinstance(tag, Tag) and tag.source == "knn" for tag in row)


class TestSurface:
    @pytest.fixture
    def surfaces(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Surface]]:
        """Give two surfaces, as of two seeds, that learnt from the same products within one command."""
        vectors = np.random.default_rng(0).normal(size=(len(PRODUCTS), 8)).astype(np.float32)
        monkeypatch.setattr(Surface, "vectors", lambda self, products: vectors[: len(products)])
        monkeypatch.setattr(fit_cache, "COSTLY", 0.0)
        with learning_once(Learnt()):
            yield [Surface("an encoder", False, "fp32", None) for _ in range(2)]

    def test_is_learnt_once_for_all_seeds(self, surfaces: list[Surface], monkeypatch: pytest.MonkeyPatch) -> None:
        calls = []
        for name, own in (("fit", Evidence.fit), ("read", Evidence.read)):
            monkeypatch.setattr(
                Evidence, name, lambda self, *args, name=name, own=own: calls.append(name) or own(self, *args)
            )
        first, second = (surface.fit(TAGS, PRODUCTS, [], 1) for surface in surfaces)
        assert np.array_equal(first, second)
        assert np.array_equal(*(surface.read(PRODUCTS[:3]) for surface in surfaces))
        assert calls == ["fit", "read"]

    def test_new_tags_stay_with_one(self, surfaces: list[Surface]) -> None:
        for surface in surfaces:
            surface.fit(TAGS, PRODUCTS, [], 1)
        before = surfaces[1].read(PRODUCTS)
        surfaces[0].extend(["新品"], np.full((1, len(TAGS)), 0.1, dtype=np.float32))
        assert surfaces[0].read(PRODUCTS).shape == (len(PRODUCTS), len(TAGS) + 1)
        assert np.array_equal(surfaces[1].read(PRODUCTS), before)
