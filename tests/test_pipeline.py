"""A fitted strategy with its refinements: fitted, refined, saved and loaded as one."""

from __future__ import annotations

import pytest

from tagkit import default_tagger, load_tagger
from tagkit.errors import BadInput
from tagkit.pipeline import Pipeline, default_refinements, train_and_dev
from tagkit.product import Dataset
from tagkit.taggers import create


@pytest.fixture(scope="module")
def data(products) -> Dataset:
    """A small data set."""
    return Dataset("shop", tuple(products[:14]), tuple(products[14:18]), tuple(products[18:]))


def test_the_refinements_choose_on_dev(data):
    pipeline = Pipeline.fit(create("linear"), data)
    assert [step.name for step in pipeline.refinement.steps] == ["thresholds", "limit"]
    raw = pipeline.tagger.predict(data.test)
    assert pipeline.predict(data.test) == pipeline.refinement(raw, data.test) != raw
    assert pipeline.name == "linear" and repr(pipeline) == "Pipeline(linear | thresholds | limit)"
    assert pipeline.n_truncated_chars(["鞋"]) == [0]
    assert pipeline.dev_score == pipeline.score(data.dev)


def test_only_strategies_that_need_thresholds_are_refined_by_default(data):
    assert default_refinements(create("lexicon")) == () != default_refinements(create("linear"))
    assert Pipeline.fit(create("lexicon"), data).refinement.steps == []


def test_without_dev_a_tenth_of_train_serves(data, products):
    whole = data.with_parts(dev=())
    train, dev = train_and_dev(whole)
    assert {product.id for product in (*train, *dev)} == {product.id for product in whole.train}
    assert train_and_dev(whole, whole=True) == (whole.train, ())
    assert train_and_dev(data) == (data.train, data.dev)


def test_what_is_saved_gives_the_same_tags_and_scores(data, tmp_path):
    pipeline = Pipeline.fit(create("linear"), data, ["thresholds", "limit", "diversity"])
    again = load_tagger(pipeline.save(tmp_path / "saved"))
    assert again.predict(data.test) == pipeline.predict(data.test)
    assert again.score(data.test) == pipeline.score(data.test) > 0
    assert not list((tmp_path / "saved").rglob("*.pkl"))


def test_a_strategy_that_was_saved_alone_is_a_pipeline_without_refinements(data, tmp_path):
    tagger = create("lexicon").fit(data.train)
    tagger.save(tmp_path / "alone")
    assert load_tagger(tmp_path / "alone").predict(data.test) == tagger.predict(data.test)
    with pytest.raises(BadInput, match="holds no saved tagger"):
        load_tagger(tmp_path / "nothing")


def test_the_default_tagger_is_cached(tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    first = default_tagger("lexicon")
    assert len(list((tmp_path / "models").iterdir())) == 1
    assert default_tagger("lexicon").predict(["蓝色高跟鞋"]) == first.predict(["蓝色高跟鞋"]) != [[]]
