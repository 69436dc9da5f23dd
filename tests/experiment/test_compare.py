"""`compare`: scores, marks, failures, resuming after a stop, seeds and folds, train-test overlap, published scores."""

from __future__ import annotations

import logging
import math
import sys
from collections import Counter

import pytest

import tagkit
from tagkit.errors import BadInput, MissingExtra, UnknownName
from tagkit.experiment.compare import default_measures
from tagkit.experiment.result import DEDUP, TEST
from tagkit.measures import parse
from tagkit.product import Dataset, Product, Tag
from tagkit.taggers import create
from tagkit.taggers.dictionary import Dictionary

MEASURES = ("F1@M", "P@3", "micro-F1", "coverage@5")


class Counting(Dictionary):
    """A dictionary that counts how often it is fitted."""

    name = "counting"
    fits = 0

    def _fit(self, train, dev, cache):
        type(self).fits += 1
        super()._fit(train, dev, cache)


class Stopped(Counting):
    """Is interrupted the first time it is fitted."""

    name = "stopped"
    fits = 0

    def _fit(self, train, dev, cache):
        super()._fit(train, dev, cache)
        if self.fits == 1:
            raise KeyboardInterrupt


class Failing(Dictionary):
    """Cannot be fitted on any product."""

    name = "failing"

    def _fit(self, train, dev, cache):
        raise BadInput("the products are made of glass")


class Wrong(Dictionary):
    """Gives one tag, never a gold one."""

    name = "wrong"

    def _tag(self, products):
        return [[Tag("错误", 1.0, self.name)] for _ in products]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, so that no comparison resumes another one."""
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/runs"


@pytest.fixture(scope="module")
def data(products) -> Dataset:
    """Half of the products to learn from; the other half repeats their titles with one word more."""
    return Dataset("small", tuple(products[:12]), (), tuple(products[12:]), licence="none")


def compare(taggers, data, measures=MEASURES, **options):
    return tagkit.compare(taggers, data, measures, **{"samples": 200, "progress": False, "isolate": False} | options)


def test_figures_are_those_of_the_measures(data):
    found = compare(["dictionary", "lexicon", "linear"], data)
    assert list(found.rows) == ["dictionary", "lexicon", "linear"]
    assert found.views == [TEST]
    gold = [product.tags for product in data.test]
    counts = Counter(tag for product in data.train for tag in product.tags)
    for name, row in found.scores[TEST].items():
        assert list(row) == list(MEASURES)
        for measure, figure in row.items():
            assert figure.value == pytest.approx(parse(measure)(found.tags(name), gold, train_counts=counts))
            assert figure.low <= figure.value <= figure.high
    assert found.tags("dictionary") == create("dictionary").fit(data.train).predict(data.test)


def test_costs_and_parameters_are_kept(data):
    found = compare(["lexicon", create("dictionary", min_chars=3)], data)
    for row in found.rows.values():
        assert row.fit_seconds > 0 and row.runs[0].predict_seconds > 0
        assert row.items_per_second == len(data.test) / row.runs[0].predict_seconds
        assert math.isnan(row.peak_mb), "in the process of the caller, memory includes what ran before"
        assert row.n_truncated_chars == 0
    assert found.rows["dictionary"].params == {"min_chars": 3}
    assert min(len(tag.text) for row in found.tags("dictionary") for tag in row) == 3


def test_only_strategies_that_need_thresholds_are_refined(data):
    found = compare(["lexicon", "linear"], data)
    assert found.rows["lexicon"].refine == ()
    assert [step.partition("(")[0] for step in found.rows["linear"].refine] == ["Thresholds", "Limit"]
    short = compare(["lexicon", "linear"], data, refine=["limit"])
    assert all(len(row.refine) == 1 for row in short.rows.values())
    assert compare(["linear"], data, refine=()).rows["linear"].refine == ()


def test_synonyms_of_the_data_reach_the_strategies(data):
    test = (Product("s", "女士皮包", tags=("女性",)),)
    for synonyms, figure in (({"女性": ("女士",)}, 1), ({}, 0)):
        found = compare(["lexicon"], Dataset("s", data.train, (), test, synonyms=synonyms))
        assert found.scores[TEST]["lexicon"]["F1@M"].value == figure


def test_marks_are_holm_corrected(data):
    lexicon, mute, dictionary = create("lexicon"), create("dictionary", min_chars=99), create("dictionary")
    named = {"lexicon": lexicon, "mute": mute, "wrong": Wrong(), "dictionary": dictionary}
    found = compare(named, data)
    cells = {name: row["F1@M"] for name, row in found.scores[TEST].items()}
    assert cells["lexicon"].p is None and not cells["lexicon"].significant
    raw = 1 / 201  # no random permutation of 200 gives so large a difference
    assert compare({"lexicon": lexicon, "mute": mute}, data).scores[TEST]["mute"]["F1@M"].p == pytest.approx(raw)
    assert cells["mute"].p == pytest.approx(3 * raw) and cells["wrong"].p == pytest.approx(3 * raw)
    assert cells["mute"].significant and cells["wrong"].significant
    assert cells["dictionary"].p > 0.05
    assert found.order()[0] in ("lexicon", "dictionary") and set(found.order()[2:]) == {"mute", "wrong"}


def test_wins_ties_and_losses_add_up(data):
    found = compare(["lexicon", "dictionary", "linear"], data)
    for name in ("dictionary", "linear"):
        row = found.scores[TEST][name]
        for measure in ("F1@M", "P@3"):
            assert row[measure].wins + row[measure].ties + row[measure].losses == len(data.test)
        assert row["micro-F1"].wins is row["micro-F1"].ties is row["micro-F1"].losses is None
    assert found.scores[TEST]["lexicon"]["F1@M"].wins is None
    mirrored = compare(["lexicon", "dictionary", "linear"], data, baseline="linear")
    there, back = found.scores[TEST]["linear"]["F1@M"], mirrored.scores[TEST]["lexicon"]["F1@M"]
    assert (there.wins, there.ties, there.losses) == (back.losses, back.ties, back.wins)


def test_the_seed_decides(data):
    first, again, other = (compare(["lexicon", Wrong()], data, seed=seed).scores for seed in (0, 0, 1))
    assert first == again
    one, two = first[TEST]["lexicon"]["F1@M"], other[TEST]["lexicon"]["F1@M"]
    assert one.value == two.value and (one.low, one.high) != (two.low, two.high)


def test_default_measures_follow_the_data(data):
    assert "entity-F1" not in default_measures(data) and default_measures(data)[0] == "F1@M"
    note = Tag("女", 1.0, "gold", (tagkit.Span(0, 1),), "audience")
    marked = data.with_parts(
        test=[Product("m", "女鞋", attributes={"audience": ""}, tags=("女",), annotations=(note,))]
    )
    assert default_measures(marked)[1:3] == ("entity-F1", "attribute-F1")


def test_default_measures_by_meaning_are_those_of_the_encoder_that_is_there(data, monkeypatch):
    monkeypatch.setattr("tagkit.weights.where", lambda name: None)
    assert "Vendi@10" in default_measures(data) and "semantic-F1@M" not in default_measures(data)
    assert {"semantic-F1@M", "semantic-Vendi@10"} < set(default_measures(data, download=True))
    monkeypatch.setattr("tagkit.weights.where", lambda name: name)
    assert default_measures(data) == default_measures(data, download=True)


# ---------------------------------------------------------------- what cannot be compared


@pytest.mark.parametrize(
    ("taggers", "options", "message"),
    [
        (["lexicon"], {"baseline": "knn"}, "baseline 'knn' does not take part; there are: lexicon"),
        ([], {}, "no strategy to compare"),
        ("lexicon", {}, "`taggers` is a list"),
        (["lexicon", "lexicon"], {}, "two strategies are called 'lexicon'"),
        (["lexicon"], {"samples": 0}, "`samples` must be 1 or more"),
        ([Failing()], {}, "the baseline failing could not run: the products are made of glass"),
    ],
)
def test_wrong_questions_are_one_clear_error(data, taggers, options, message):
    with pytest.raises(BadInput, match=message):
        compare(taggers, data, **options)


def test_unknown_names_and_data_without_gold(data):
    with pytest.raises(UnknownName, match="lexikon"):
        compare(["lexikon"], data)
    with pytest.raises(UnknownName, match="F7"):
        compare(["lexicon"], data, ["F7"])
    with pytest.raises(BadInput, match="nothing to measure"):
        compare(["lexicon"], data.with_parts(test=[Product("x", "鞋")]))


def test_a_failing_strategy_does_not_stop_the_others(data, caplog):
    caplog.set_level(logging.WARNING)
    found = compare(["lexicon", Failing(), "dictionary"], data)
    assert list(found.rows) == ["lexicon", "dictionary"]
    assert found.failed == {"failing": "the products are made of glass"}
    assert "failing could not run: the products are made of glass" in caplog.text


def test_a_strategy_whose_package_is_missing_does_not_stop_the_others(data, monkeypatch):
    monkeypatch.delitem(sys.modules, "tagkit.taggers.knn", raising=False)
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(MissingExtra):
        create("knn")
    found = compare(["knn", "dictionary"], data)
    assert list(found.rows) == ["dictionary"]
    assert found.not_set_up == {"knn": "package missing"} and 'pip install "tagkit[knn]"' in found.skipped["knn"]
    with pytest.raises(BadInput, match=r"the baseline knn could not run: .*tagkit\[knn\]"):
        compare(["knn", "dictionary"], data, baseline="knn")
    with pytest.raises(BadInput, match=r"the baseline knn could not run: .*tagkit\[knn\]"):
        compare(["knn"], data)


def test_another_baseline_takes_the_place_of_one_that_cannot_run(data):
    found = compare({"lexicon": Failing(), "dictionary": "dictionary", "wrong": Wrong()}, data)
    assert found.baseline == "dictionary" and found.scores[TEST]["wrong"]["F1@M"].p is not None
    assert list(found.failed) == ["lexicon"]
    with pytest.raises(BadInput, match="no strategy could run: a: the products are made of glass; b: the products"):
        compare({"a": Failing(), "b": Failing()}, data)


# ---------------------------------------------------------------- stopping and resuming


@pytest.fixture
def stopped(data):
    """A comparison interrupted at the second of three strategies."""
    Counting.fits = Stopped.fits = 0
    with pytest.raises(KeyboardInterrupt):
        compare([Counting(), Stopped(), Wrong()], data)
    assert (Counting.fits, Stopped.fits) == (1, 1)


def test_a_stopped_comparison_resumes_with_what_is_left(data, stopped, cache):
    assert len(list(cache.iterdir())) == 1
    found = compare([Counting(), Stopped(), Wrong()], data)
    assert (Counting.fits, Stopped.fits) == (1, 2)
    assert list(found.rows) == ["counting", "stopped", "wrong"]
    assert list(cache.iterdir()) == [], "a finished comparison leaves nothing behind"
    fresh = compare([Counting(), Stopped(), Wrong()], data)
    assert Counting.fits == 2
    assert fresh.scores == found.scores and fresh.tags("counting") == found.tags("counting")


def test_only_the_same_work_is_taken_over(data, stopped):
    compare([Counting(min_chars=3)], data)
    assert Counting.fits == 2, "other parameters"
    compare([Counting()], data.with_parts(train=data.train[1:]))
    assert Counting.fits == 3, "other data"
    compare([Counting()], data, refine=["limit"])
    assert Counting.fits == 4, "other refinement"
    compare([Counting()], data, resume=False)
    assert Counting.fits == 5, "not wanted"


def test_a_broken_leftover_is_made_again(data, stopped, cache):
    (leftover,) = cache.iterdir()
    leftover.write_text('{"name": "counting"}')
    assert compare([Counting()], data).scores[TEST]["counting"]["F1@M"].value > 0
    assert Counting.fits == 2


# ---------------------------------------------------------------- repeated texts, real data


def test_dedup_leaves_out_the_repeated_texts(data):
    known = [Product(f"again {p.id}", p.title, tags=p.tags) for p in data.train[:4]]
    new = [Product("n1", "绿色棉帽 帆布鞋", tags=("帽子", "绿色")), Product("n2", "绿色围巾", tags=("围巾",))]
    found = compare(["dictionary", "knn"], data.with_parts(test=known + new), baseline="dictionary")
    assert {view: found.n_products(view) for view in found.views} == {TEST: 6, DEDUP: 2}
    row = {view: found.scores[view]["dictionary"]["F1@M"].value for view in found.views}
    assert row[DEDUP] == parse("F1@M")(found.tags("dictionary")[4:], [p.tags for p in new])
    assert row[DEDUP] < row[TEST]
    assert "4 of 6 test texts are in train" in " ".join(found.warnings)


def test_no_dedup_view_where_all_or_no_texts_are_new(data):
    new = compare(["lexicon"], data)
    assert new.views == [TEST] and new.warnings == []
    repeated = compare(["lexicon"], data.with_parts(test=data.train))
    assert repeated.views == [TEST]
    assert repeated.warnings[0].startswith("12 of 12 test texts are in train.")


def test_look_up_on_taobao_titles(public_data):
    found = compare(["dictionary", "lexicon"], "taobao_ner", ["F1@M", "entity-F1"], samples=20)
    assert {view: found.n_products(view) for view in found.views} == {TEST: 1000, DEDUP: 536}
    entity = {view: 100 * found.scores[view]["dictionary"]["entity-F1"].value for view in found.views}
    assert entity[TEST] == pytest.approx(72.5, abs=1)  # 69.3 where numbers and words are cut
    assert entity[DEDUP] == pytest.approx(55.4, abs=1)
    whole, fresh = (found.scores[view]["lexicon"]["F1@M"] for view in (TEST, DEDUP))
    assert whole.value - fresh.value > 0.15 and fresh.high < whole.low
    assert "464 of 1,000 test texts are in train" in " ".join(found.warnings)


def test_look_up_on_amazon_titles(public_data):
    cells = compare(["dictionary"], "oa_mine", ["attribute-F1"], samples=20).scores[TEST]["dictionary"]
    assert 100 * cells["attribute-F1"].value == pytest.approx(58.65, abs=1)


# ---------------------------------------------------------------- several runs


def test_seeds_and_folds_give_one_table_with_both_kinds_of_variation(data):
    whole = data.with_parts(train=[*data.train, *data.test], test=())
    taggers = {"lexicon": create("lexicon"), "wrong": Wrong(), "random": create("linear")}
    found = compare(taggers, whole, folds=3, seeds=[0, 1])
    assert found.n_products() == len(whole.train)
    assert [(run.seed, run.fold) for run in found.rows["lexicon"].runs] == [(None, 0), (None, 1), (None, 2)]
    assert sum(run.n_products for run in found.rows["lexicon"].runs) == len(whole.train)
    score = found.scores[TEST]["lexicon"]["F1@M"]
    assert score.sd > 0 and score.low < score.value < score.high
    assert found.rows["wrong"].test == "paired multi-bootstrap test"
    assert found.scores[TEST]["wrong"]["F1@M"].significant
    assert compare(["lexicon", Wrong()], data).rows["wrong"].test == "paired randomisation test"


def test_a_share_is_drawn_by_each_seed(data):
    found = compare(["lexicon"], data, share=0.5, seeds=[0, 1, 2])
    assert len(found.rows["lexicon"].runs) == 3 and found.scores[TEST]["lexicon"]["F1@M"].sd > 0
    for wrong in ({"share": 0}, {"folds": 1}):
        with pytest.raises(BadInput, match="must be"):
            compare(["lexicon"], data, **wrong)
    with pytest.raises(BadInput) as error:
        compare(["lexicon", "linear"], data, folds=100)
    assert str(error.value) == f"{data.name} has too few products in train and dev for 100 folds"


def test_the_pipeline_that_was_measured_is_handed_out(data, tmp_path):
    whole = data.with_parts(dev=data.test[:6], test=data.test[6:])
    found = compare(["lexicon", "linear"], whole)
    pipeline = found.tagger("linear")
    assert pipeline.predict(whole.test) == found.tags("linear")
    assert tagkit.load_tagger(pipeline.save(tmp_path / "saved")).predict(whole.test) == found.tags("linear")
    with pytest.raises(BadInput, match="no row 'linaer' was run"):
        found.tagger("linaer")
