"""The costly fits of one command: equal ones are computed once, with the same tags, and charged to each row."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import tagkit
from tagkit import cache as cache_module
from tagkit.cache import FitCache
from tagkit.experiment.compare import compare
from tagkit.experiment.fit import Job
from tagkit.experiment.spec import Data, Row
from tagkit.experiment.worker import measure
from tagkit.product import Dataset, Product
from tagkit.taggers import create
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

    def counted(self: Neighbours, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        sizes.append(len(train))
        time.sleep(0.05)
        own(self, train, dev, cache)

    monkeypatch.setattr(Neighbours, "_fit", counted)
    monkeypatch.setattr(cache_module, "COSTLY", 0.05)
    return sizes


def average(**params: Any) -> Ensemble:
    return Ensemble(taggers=[["knn", params], "lexicon"])


@pytest.fixture(params=["in memory", "in a folder"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> FitCache:
    return FitCache() if request.param == "in memory" else FitCache(tmp_path)


class TestFitCache:
    def test_an_equal_sub_tagger_is_fitted_once_and_gives_the_same_tags(
        self, learning: list[int], cache: FitCache
    ) -> None:
        expected = average().fit(PRODUCTS).predict(PRODUCTS)
        learning.clear()
        alone = create("knn").fit(PRODUCTS, cache=cache)
        found = average().fit(PRODUCTS, cache=cache)
        assert learning == [len(PRODUCTS)]
        assert found.predict(PRODUCTS) == expected
        assert alone.predict(PRODUCTS) == create("knn").fit(PRODUCTS).predict(PRODUCTS)
        assert cache.saved >= 0.05

    @pytest.mark.parametrize(("params", "rows"), [({"k": 3}, slice(None)), ({}, slice(1, None))])
    def test_other_parameters_or_products_are_fitted_anew(
        self, learning: list[int], params: dict[str, Any], rows: slice, cache: FitCache
    ) -> None:
        create("knn").fit(PRODUCTS, cache=cache)
        average(**params).fit(PRODUCTS[rows], cache=cache)
        assert len(learning) == 2
        assert not cache.saved

    def test_another_class_of_the_same_name_is_fitted_anew(self, learning: list[int], cache: FitCache) -> None:
        class Own(Neighbours):
            pass

        create("knn").fit(PRODUCTS, cache=cache)
        create(Own).fit(PRODUCTS, cache=cache)
        assert len(learning) == 2 and not cache.saved

    def test_without_a_cache_nothing_is_kept(self, learning: list[int]) -> None:
        create("knn").fit(PRODUCTS)
        average().fit(PRODUCTS)
        assert len(learning) == 2

    def test_a_folder_serves_several_caches(self, learning: list[int], tmp_path: Path) -> None:
        first = create("knn").fit(PRODUCTS, cache=FitCache(tmp_path))
        second = create("knn").fit(PRODUCTS, cache=FitCache(tmp_path))
        assert len(learning) == 1
        assert first.predict(PRODUCTS) == second.predict(PRODUCTS)

    def test_parameters_changed_later_stay_apart(self, learning: list[int], cache: FitCache) -> None:
        first, second = (create("knn").fit(PRODUCTS, cache=cache) for _ in range(2))
        assert len(learning) == 1
        second.set_params(k=1)
        assert first.get_params() != second.get_params()

    def test_in_memory_only_the_latest_are_kept(self, learning: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache_module, "MOST", 1)
        cache = FitCache()
        for k in (3, 4, 3):
            create("knn", k=k).fit(PRODUCTS, cache=cache)
        assert len(learning) == 3

    def test_the_time_is_charged_to_each_row(self, learning: list[int], tmp_path: Path) -> None:
        data = Dataset("few", tuple(PRODUCTS[:8]), tuple(PRODUCTS[8:10]), tuple(PRODUCTS[10:]))
        rows = (Row("alone", tagger=create("knn"), refine=()), Row("average", tagger=average(), refine=()))
        _, found = (measure(Job(row, {}, Data("few"), data, fits=tmp_path)) for row in rows)
        assert len(learning) == 1
        assert found.fit_seconds >= 0.05

    def test_a_comparison_fits_equal_ones_once(self, learning: list[int]) -> None:
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
            isolate=False,
        )
        assert len(learning) == 1


TAG = [sys.executable, "-m", "tagkit", "tag", "蓝色高跟鞋", "--tagger", "lexicon"]


def test_without_a_cache_commands_run_all_the_same():
    """Nowhere to write, which is said once, in one line."""
    environment = os.environ | {"TAGKIT_CACHE": "/dev/null/cache", "PYTHONPATH": str(Path(tagkit.__file__).parents[1])}
    found = subprocess.run(TAG, capture_output=True, text=True, env=environment, check=True)
    assert "高跟鞋" in found.stdout
    line = "the cache /dev/null/cache is not used, so nothing is kept for later commands: Not a directory\n"
    assert found.stderr.startswith(line) and found.stderr.count("cache") == 2


def test_what_a_cache_holds_is_read_where_it_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "weights/model").mkdir(parents=True)
    (tmp_path / "weights/model/file").write_text("kept")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/a.json").write_text("{}")
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(cache_module.os, "access", lambda path, _: not path.is_relative_to(tmp_path))
    weights, runs = cache_module.cache_folder("weights"), cache_module.cache_folder("runs")
    assert weights.parent == runs.parent != tmp_path
    assert (weights / "model/file").read_text() == "kept" and (runs / "a.json").read_text() == "{}"
    (runs / "b.json").write_text("{}")
    assert not (tmp_path / "runs/b.json").exists()


def test_an_unknown_home_is_no_folder_called_tilde(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAGKIT_CACHE", "~nobody-has-this-name/cache")
    assert cache_module.cache_folder("runs").is_dir() and list(tmp_path.iterdir()) == []
