"""Comparisons: figures, marks, failures, going on after a stop, repeated texts, published figures."""

from __future__ import annotations

import logging
import sys
from collections import Counter

import pytest

import tagkit
from tagkit.errors import BadInput, MissingExtra, UnknownName
from tagkit.experiment.compare import default_measures
from tagkit.experiment.result import DEDUP, TEST
from tagkit.measures import parse
from tagkit.product import Dataset, Product, Tag
from tagkit.report import notes
from tagkit.taggers import create
from tagkit.taggers.dictionary import Dictionary

MEASURES = ("F1@M", "P@3", "micro-F1", "coverage@5")


class Counting(Dictionary):
    """A dictionary that counts how often it learns."""

    name = "counting"
    fits = 0

    def _fit(self, train, dev):
        type(self).fits += 1
        super()._fit(train, dev)


class Stopped(Counting):
    """Is interrupted the first time it learns."""

    name = "stopped"
    fits = 0

    def _fit(self, train, dev):
        super()._fit(train, dev)
        if self.fits == 1:
            raise KeyboardInterrupt


class Failing(Dictionary):
    """Cannot learn from any product."""

    name = "failing"

    def _fit(self, train, dev):
        raise BadInput("the products are made of glass")


class Wrong(Dictionary):
    """Gives one tag, never a gold one."""

    name = "wrong"

    def _tag(self, products):
        return [[Tag("错误", 1.0, self.name)] for _ in products]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, so that no comparison goes on with another's strategies."""
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/comparisons"


@pytest.fixture(scope="module")
def data(products) -> Dataset:
    """Half of the products to learn from; the other half repeats their titles with one word more."""
    return Dataset("small", tuple(products[:12]), (), tuple(products[12:]), licence="none")


def compare(taggers, data, measures=MEASURES, **options):
    return tagkit.compare(taggers, data, measures, **{"samples": 200, "progress": False} | options)


def test_figures_are_those_of_the_measures(data):
    found = compare(["dictionary", "lexicon", "linear"], data)
    assert [result.name for result in found.results] == ["dictionary", "lexicon", "linear"]
    assert list(found.table) == [TEST]
    gold = [product.tags for product in data.test]
    counts = Counter(tag for product in data.train for tag in product.tags)
    for name, row in found.table[TEST].items():
        assert list(row) == list(MEASURES)
        for measure, figure in row.items():
            assert figure.value == pytest.approx(parse(measure)(found.result(name).tags, gold, train_counts=counts))
            assert figure.low <= figure.value <= figure.high
    assert found.result("dictionary").tags == create("dictionary").fit(data.train).predict(data.test)


def test_costs_and_parameters_are_kept(data):
    found = compare(["lexicon", create("dictionary", min_chars=3)], data)
    for result in found.results:
        assert result.fit_seconds > 0 and result.predict_seconds > 0
        assert result.items_per_second == len(data.test) / result.predict_seconds
        assert 20 < result.peak_mb < 20_000
        assert result.unread == 0
    assert found.result("dictionary").params == {"min_chars": 3}
    assert all(len(tag.text) >= 3 for row in found.result("dictionary").tags for tag in row)


def test_final_strategies_are_not_refined_and_the_others_are(data):
    found = compare(["lexicon", "linear"], data)
    assert found.result("lexicon").refine == ()
    assert [step.partition("(")[0] for step in found.result("linear").refine] == ["Thresholds", "Limit"]
    short = compare(["lexicon", "linear"], data, refine=["limit"])
    assert all(len(result.refine) == 1 for result in short.results)
    assert compare(["linear"], data, refine=()).result("linear").refine == ()


def test_synonyms_of_the_data_reach_the_strategies(data):
    test = (Product("s", "女士皮包", tags=("女性",)),)
    for synonyms, figure in (({"女性": ("女士",)}, 1), ({}, 0)):
        found = compare(["lexicon"], Dataset("s", data.train, (), test, synonyms=synonyms))
        assert found.table[TEST]["lexicon"]["F1@M"].value == figure


def test_marks_are_holm_corrected(data):
    lexicon, mute, dictionary = create("lexicon"), create("dictionary", min_chars=99), create("dictionary")
    named = {"lexicon": lexicon, "mute": mute, "wrong": Wrong(), "dictionary": dictionary}
    found = compare(named, data)
    cells = {name: row["F1@M"] for name, row in found.table[TEST].items()}
    assert cells["lexicon"].p is None and not cells["lexicon"].significant
    raw = 1 / 201  # no random exchange of 200 gives so large a difference
    assert compare({"lexicon": lexicon, "mute": mute}, data).table[TEST]["mute"]["F1@M"].p == pytest.approx(raw)
    assert cells["mute"].p == pytest.approx(3 * raw) and cells["wrong"].p == pytest.approx(3 * raw)
    assert cells["mute"].significant and cells["wrong"].significant
    assert cells["dictionary"].p > 0.05
    assert found.order()[0] in ("lexicon", "dictionary") and set(found.order()[2:]) == {"mute", "wrong"}


def test_wins_ties_and_losses_add_up(data):
    found = compare(["lexicon", "dictionary", "linear"], data)
    for name in ("dictionary", "linear"):
        row = found.table[TEST][name]
        for measure in ("F1@M", "P@3"):
            assert row[measure].wins + row[measure].ties + row[measure].losses == len(data.test)
        assert row["micro-F1"].wins is row["micro-F1"].ties is row["micro-F1"].losses is None
    assert found.table[TEST]["lexicon"]["F1@M"].wins is None
    mirrored = compare(["lexicon", "dictionary", "linear"], data, baseline="linear")
    there, back = found.table[TEST]["linear"]["F1@M"], mirrored.table[TEST]["lexicon"]["F1@M"]
    assert (there.wins, there.ties, there.losses) == (back.losses, back.ties, back.wins)


def test_the_seed_decides(data):
    first, again, other = (compare(["lexicon", Wrong()], data, seed=seed).table for seed in (0, 0, 1))
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


# ---------------------------------------------------------------- what cannot be compared


@pytest.mark.parametrize(
    ("taggers", "options", "message"),
    [
        (["lexicon"], {"baseline": "knn"}, "baseline 'knn' takes no part; there are: lexicon"),
        ([], {}, "no strategy to compare|takes no part"),
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
    with pytest.raises(UnknownName, match="f7"):
        compare(["lexicon"], data, ["F7"])
    with pytest.raises(BadInput, match="nothing to measure"):
        compare(["lexicon"], data.with_parts(test=[Product("x", "鞋")]))


def test_a_failing_strategy_does_not_stop_the_others(data, caplog):
    caplog.set_level(logging.WARNING)
    found = compare(["lexicon", Failing(), "dictionary"], data)
    assert [result.name for result in found.results] == ["lexicon", "dictionary"]
    assert found.failed == {"failing": "the products are made of glass"}
    assert notes(found.to_result()) == ["failing failed: the products are made of glass"]
    assert "failing could not run: the products are made of glass" in caplog.text


def test_a_strategy_whose_package_is_missing_does_not_stop_the_others(data, monkeypatch):
    monkeypatch.delitem(sys.modules, "tagkit.taggers.knn", raising=False)
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(MissingExtra):
        create("knn")
    found = compare(["knn", "dictionary"], data)
    assert [result.name for result in found.results] == ["dictionary"]
    assert list(found.failed) == ["knn"] and 'pip install "tagkit[knn]"' in found.failed["knn"]
    with pytest.raises(BadInput, match=r"the baseline knn could not run: .*tagkit\[knn\]"):
        compare(["knn", "dictionary"], data, baseline="knn")
    with pytest.raises(BadInput, match=r"no strategy to compare; .*tagkit\[knn\]"):
        compare(["knn"], data)


# ---------------------------------------------------------------- stopping and going on


@pytest.fixture
def stopped(data):
    """A comparison interrupted at the second of three strategies."""
    Counting.fits = Stopped.fits = 0
    with pytest.raises(KeyboardInterrupt):
        compare([Counting(), Stopped(), Wrong()], data)
    assert (Counting.fits, Stopped.fits) == (1, 1)


def test_a_stopped_comparison_goes_on_with_what_is_left(data, stopped, cache):
    assert len(list(cache.iterdir())) == 1
    found = compare([Counting(), Stopped(), Wrong()], data)
    assert (Counting.fits, Stopped.fits) == (1, 2)
    assert [result.name for result in found.results] == ["counting", "stopped", "wrong"]
    assert list(cache.iterdir()) == [], "a finished comparison leaves nothing behind"
    fresh = compare([Counting(), Stopped(), Wrong()], data)
    assert Counting.fits == 2
    assert fresh.table == found.table and fresh.result("counting").tags == found.result("counting").tags


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
    assert compare([Counting()], data).table[TEST]["counting"]["F1@M"].value > 0
    assert Counting.fits == 2


# ---------------------------------------------------------------- repeated texts, real data


def test_dedup_leaves_out_the_repeated_texts(data):
    known = [Product(f"again {p.id}", p.title, tags=p.tags) for p in data.train[:4]]
    new = [Product("n1", "绿色棉帽 帆布鞋", tags=("帽子", "绿色")), Product("n2", "绿色围巾", tags=("围巾",))]
    found = compare(["dictionary", "knn"], data.with_parts(test=known + new), baseline="dictionary")
    assert found.views == {TEST: [0, 1, 2, 3, 4, 5], DEDUP: [4, 5]}
    row = {view: found.table[view]["dictionary"]["F1@M"].value for view in found.views}
    assert row[DEDUP] == parse("F1@M")(found.result("dictionary").tags[4:], [p.tags for p in new])
    assert row[DEDUP] < row[TEST]
    said = " ".join(notes(found.to_result()))
    assert "4 of 6 test texts occur word for word in train" in said
    assert "Train has 100% of the gold tags of the test texts that occur in it, and 0% of those of the others" in said


def test_no_dedup_view_where_all_or_no_texts_are_new(data):
    new = compare(["lexicon"], data)
    assert list(new.views) == [TEST] and notes(new.to_result()) == []
    repeated = compare(["lexicon"], data.with_parts(test=data.train))
    assert list(repeated.views) == [TEST]
    assert notes(repeated.to_result()) == ["12 of 12 test texts occur word for word in train."]


def test_look_up_on_taobao_titles(public_data):
    found = compare(["dictionary", "lexicon"], "taobao_ner", ["F1@M", "entity-F1"], samples=20)
    assert {view: len(rows) for view, rows in found.views.items()} == {TEST: 1000, DEDUP: 537}
    entity = {view: 100 * found.table[view]["dictionary"]["entity-F1"].value for view in found.views}
    assert entity[TEST] == pytest.approx(69.28, abs=1)
    assert entity[DEDUP] == pytest.approx(52.00, abs=1)
    whole, fresh = (found.table[view]["lexicon"]["F1@M"] for view in (TEST, DEDUP))
    assert whole.value - fresh.value > 0.15 and fresh.high < whole.low
    said = " ".join(notes(found.to_result()))
    assert "463 of 1,000 test texts occur word for word in train" in said
    assert "reward memory" in said


def test_look_up_on_amazon_titles(public_data):
    cells = compare(["dictionary"], "oa_mine", ["attribute-F1"], samples=20).table[TEST]["dictionary"]
    assert 100 * cells["attribute-F1"].value == pytest.approx(58.65, abs=1)
