"""Errors in the gold by the scores of another strategy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tagkit.errors import UnknownName
from tagkit.label_errors.by_strategy import scored_by
from tagkit.label_errors.held_out import held_out
from tagkit.pipeline import Pipeline
from tagkit.product import Dataset, Product
from tagkit.taggers import create


@pytest.fixture(scope="module")
def shop() -> list[Product]:
    kinds = {"高跟鞋": ("鞋子", "女性"), "背包": ("箱包", "旅行"), "保温杯": ("杯子", "家用")}
    products = [
        Product(f"{kind}{number}", f"新款{kind} {number}号 优质{kind}", tags=(kind, *tags))
        for kind, tags in kinds.items()
        for number in range(20)
    ]
    products[0] = replace(products[0], tags=("高跟鞋", "鞋子", "杯子"))  # 女性 is missing, 杯子 is wrong
    return products


@pytest.mark.parametrize("tagger", ["knn", "linear"])
def test_planted_errors_come_first(shop, tagger):
    issues = Dataset("小店", tuple(shop)).issues(tagger=tagger)
    assert (issues.wrong[0].product, issues.wrong[0].tag) == ("高跟鞋0", "杯子")
    assert (issues.missing[0].product, issues.missing[0].tag) == ("高跟鞋0", "女性")
    assert issues.wrong[0].share == pytest.approx(20 / 59, abs=1e-4) and "杯" in issues.wrong[0].nearest


def test_pairs_are_those_that_products_have_or_the_strategy_gives(shop):
    cells = held_out(shop)
    fitted = create("lexicon").fit(shop)
    found = scored_by(fitted, cells)
    lists = fitted.predict(shop)
    pairs = {(shop[row].title, cells.tags[column]) for row, column in zip(found.rows, found.columns, strict=True)}
    wanted = {
        (one.title, tag) for one, row in zip(shop, lists, strict=True) for tag in (*one.tags, *(t.text for t in row))
    }
    assert pairs == wanted and found.given.sum() == sum(len(one.tags) for one in shop)
    scores = {(row, tag.text): tag.score for row, tags in enumerate(lists) for tag in tags}
    expected = [
        scores.get((row, cells.tags[column]), 0.0) for row, column in zip(found.rows, found.columns, strict=True)
    ]
    np.testing.assert_allclose(found.score, expected)


def test_a_pipeline_is_taken_as_it_is_and_an_unfitted_strategy_stays_so(shop):
    data = Dataset("小店", tuple(shop))
    assert len(data.issues(tagger=Pipeline.fit(create("lexicon"), data))) >= 0
    blank = create("knn")
    data.issues(tagger=blank)
    assert not blank.__sklearn_is_fitted__()
    with pytest.raises(UnknownName, match="knnn"):
        data.issues(tagger="knnn")
