"""A fitted strategy with its refinements: fitted, refined, saved and loaded as one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tagkit import default_tagger, load_tagger
from tagkit.errors import BadInput
from tagkit.pipeline import Pipeline, default_refinements, train_and_dev
from tagkit.product import Dataset, Product
from tagkit.refine.steps import Vocabulary
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


def test_learning_equals_a_full_fit_and_says_what_changed(data):
    first = data.with_parts(train=data.train[:6])
    pipeline = Pipeline.fit(create("linear"), first)
    before = pipeline.predict(data.test)
    learned = pipeline.learn(data.train[6:])
    whole = Pipeline.fit(create("linear"), data)
    assert pipeline.predict(data.test) == whole.predict(data.test) != before
    assert learned.before.predict(data.test) == before
    assert learned.f1_before == learned.before.score(data.dev) and learned.f1_after == whole.score(data.dev)
    assert learned.f1_after == pipeline.dev_score
    assert (learned.products, learned.replaced, learned.dev) == (8, 0, len(data.dev))
    assert learned.gained and set(learned.new_tags) == set(data.vocabulary) - set(first.vocabulary)
    assert pipeline.provenance.to_state()["train"] == len(data.train)


def test_a_corrected_product_replaces_the_old_one_and_leaves_dev(data):
    pipeline = Pipeline.fit(create("lexicon"), data)
    wrong = replace(data.train[0], tags=("尖头",))
    learned = pipeline.learn([wrong, replace(data.dev[0], tags=("细跟",))], dev=data.dev)
    assert (learned.products, learned.replaced, learned.dev) == (2, 1, len(data.dev) - 1)
    assert pipeline.provenance.tag_counts["尖头"] == 1 and pipeline.provenance.train == len(data.train) + 1
    assert pipeline.learn([data.train[0]]).replaced == 1
    assert "尖头" not in pipeline.provenance.tag_counts


def test_a_failed_learning_leaves_the_pipeline_as_it_was(data, monkeypatch):
    pipeline = Pipeline.fit(create("linear"), data)
    before = pipeline.predict(data.test)

    def fail(self, *_):
        self.tags_ = []
        raise KeyboardInterrupt

    monkeypatch.setattr(type(pipeline.tagger), "_fit", fail)
    with pytest.raises(KeyboardInterrupt):
        pipeline.tagger.learn(data.train[:2])
    with pytest.raises(KeyboardInterrupt):
        pipeline.learn(data.train[:2])
    monkeypatch.undo()
    assert pipeline.predict(data.test) == before


def test_the_vocabulary_of_train_grows_and_one_that_was_given_does_not(data):
    new = [Product("new", "驼色大衣", tags=("大衣",)), Product("other", "羊毛大衣", tags=("大衣",))]
    for steps, grows in ((["vocabulary"], True), ([Vocabulary(("高跟鞋",))], False)):
        pipeline = Pipeline.fit(create("lexicon"), data, steps)
        assert pipeline.learn(new).new_tags == ("大衣",)
        assert [tag.text for tag in pipeline.predict("黑色大衣")] == (["黑色", "大衣"] if grows else [])


def test_a_loaded_pipeline_learns_with_the_old_products(data, tmp_path):
    first = data.with_parts(train=data.train[:8])
    pipeline = Pipeline.load(Pipeline.fit(create("linear"), first).save(tmp_path / "saved"))
    learned = pipeline.learn(data.train[8:], old=first.train, dev=data.dev)
    assert learned.replaced == 0 and pipeline.provenance.data == "shop"
    assert pipeline.predict(data.test) == Pipeline.fit(create("linear"), data).predict(data.test)
