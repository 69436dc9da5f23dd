"""The best of a quick comparison on dev, within its time."""

from __future__ import annotations

import pytest

from tagkit.errors import BadInput
from tagkit.experiment.choose import best, candidates
from tagkit.product import Dataset
from tagkit.taggers import create


@pytest.fixture(scope="module")
def data(products) -> Dataset:
    """A small data set."""
    return Dataset("shop", tuple(products[:14]), tuple(products[14:20]), tuple(products[20:]))


def test_strategies_are_scored_on_dev_and_not_on_test(data):
    taggers = [create("lexicon"), create("dictionary", min_chars=99), create("linear")]
    found = list(candidates(data, taggers, 120))
    assert [one.name for one in found] == ["lexicon", "dictionary", "linear"]
    assert found[0].score == pytest.approx(create("lexicon").fit(data.train).score(data.dev))
    assert found[1].score == 0 < found[2].score < 1
    assert best(found).name == "lexicon"
    assert next(candidates(data.with_parts(test=()), taggers[:1], 120)).score == found[0].score


def test_one_that_fails_or_takes_too_long_has_a_reason(data):
    broken, slow = create("ensemble", taggers=["lexicon"], weights=[1, 2]), create("lexicon")
    found = list(candidates(data, [broken], 120)) + list(candidates(data, [slow], 0.01))
    assert [one.score for one in found] == [None, None]
    assert (
        found[0].reason.startswith("ensemble needs a weight")
        and found[1].reason == "lexicon was stopped after 0 seconds"
    )
    assert [one.reason for one in candidates(data, [slow], 0)] == ["there was no time left"]
    with pytest.raises(BadInput, match="no strategy could be fitted: ensemble: "):
        best(found)


def test_data_without_tags_cannot_be_compared_on(data):
    with pytest.raises(BadInput, match="too few train products with tags"):
        list(candidates(data.with_parts(train=data.train[:3], dev=()), [create("lexicon")], 10))
