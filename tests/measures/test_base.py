"""What holds for all measures, and how measures are named."""

import inspect
import math
import random
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from tagkit import registry
from tagkit.errors import BadInput, UnknownName
from tagkit.measures import Measure, Run, parse, parse_all
from tagkit.product import Product, Tag

NAMES = registry.measures.names()
EXPECTED = {
    *("P", "R", "F1", "micro-P", "micro-R", "micro-F1", "macro-F1", "nDCG", "MAP", "MRR", "alpha-nDCG"),
    *("entity-P", "entity-R", "entity-F1", "attribute-P", "attribute-R", "attribute-F1", "ILD", "Vendi", "redundancy"),
    *("distinct", "entropy", "Gini", "coverage", "long-tail", "novelty", "distinct-lists"),
    *("ECE", "Brier", "PSP", "OOV-rate", "new-P", "new-R"),
    *("hierarchical-P", "hierarchical-R", "hierarchical-F1", "parents-implied"),
    *("facet-R", "facet-entropy", "cluster-R", "cluster-entropy"),
    *("semantic-P", "semantic-R", "semantic-F1", "semantic-ILD", "semantic-Vendi", "semantic-redundancy"),
    "semantic-coverage",
}
OVER_LISTS = {"ILD", "Vendi", "redundancy", "distinct", "entropy", "Gini", "coverage", "OOV-rate"}
OVER_LISTS |= {"long-tail", "novelty", "distinct-lists", "parents-implied"}
OVER_LISTS |= {"semantic-ILD", "semantic-Vendi", "semantic-redundancy"}
"""The measures of the predicted lists alone, for which gold tags do not matter."""
PAIRS = {"ILD", "redundancy", "semantic-ILD", "semantic-redundancy"}
"""Those that need two tags."""
KNOWN = {"train_counts": {"x": 1, "a": 1}, "train_size": 1, "parents": {"x": ("y",), "a": ("b",)}}
KNOWN["facets"] = {"x": "type", "a": "type"}
"""What measures need beside tags."""


@pytest.fixture(params=NAMES)
def measure(request, make_measure):
    return make_measure(request.param)


def test_all_measures_are_there():
    assert set(NAMES) >= EXPECTED


def test_declares_itself(measure):
    assert isinstance(measure, Measure)
    assert parse(measure.name) == type(measure)() and hash(parse(measure.name)) == hash(type(measure)())
    assert parse(str(measure)) == measure and str(parse(str(measure))) == str(measure)
    assert type(measure)(**measure.params()) == measure
    assert list(measure.params()) == list(inspect.signature(type(measure)).parameters)
    assert measure.better in ("higher", "lower")
    assert measure.needs in ("", "spans", "attributes", "train_counts", "facets", "parents")
    assert measure.source
    assert "Protocol:" in type(measure).__doc__
    assert measure.summary == registry.measures.summary(measure.name)


def test_no_products_give_no_score(measure):
    assert math.isnan(measure(Run([], products=[], **KNOWN | {"train_counts": {}, "train_size": 0})))


@pytest.mark.parametrize("row", [[], [Tag("x")]])
def test_products_without_gold_tags_give_no_score_against_gold(measure, row):
    score = measure(Run([row], products=[Product("1", "x")], **KNOWN))
    if measure.name in OVER_LISTS - PAIRS and row:
        assert math.isfinite(score)
    elif measure.name == "coverage":
        assert score == 0
    else:
        assert math.isnan(score)


def test_an_empty_list_beside_gold_tags_scores_nothing(measure):
    product = Product("1", "a", tags=("a",), annotations=(Tag("a", type="x"),))
    score = measure(Run([[]], products=[product], **KNOWN))
    assert score == 0 or math.isnan(score)
    if measure.name in (
        "P",
        "R",
        "F1",
        "micro-R",
        "micro-F1",
        "macro-F1",
        "nDCG",
        "MAP",
        "MRR",
        "PSP",
        "attribute-F1",
        "hierarchical-F1",
    ):
        assert score == 0


def test_statistics_add_up_and_the_order_of_products_does_not_matter(measure, make_run):
    rows = list(range(40))
    whole = measure.statistics(make_run())
    total = np.asarray(whole.sum(axis=0), dtype=float).ravel()
    parts = [measure.statistics(make_run(half)).sum(axis=0) for half in (rows[:17], rows[17:])]
    assert whole.shape == (40, len(total)) and total.any()
    np.testing.assert_allclose(np.asarray(sum(parts), dtype=float).ravel(), total, atol=1e-12)
    score = measure(make_run())
    assert score > 0
    random.Random(5).shuffle(rows)
    assert measure(make_run(rows)) == pytest.approx(score, abs=1e-12)


def test_summarises_many_totals_at_once(measure, make_run):
    statistics = measure.statistics(make_run())
    dense = statistics.toarray() if hasattr(statistics, "toarray") else statistics
    weights = np.random.default_rng(0).multinomial(40, np.full(40, 1 / 40), size=(2, 3)).astype(float)
    totals = weights @ dense
    scores = measure.summarise(totals)
    assert scores.shape == (2, 3) and np.isfinite(scores).all()
    for place in np.ndindex(2, 3):
        assert scores[place] == pytest.approx(float(measure.summarise(totals[place])), abs=1e-12)


def test_says_what_is_missing(measure):
    if measure.needs:
        with pytest.raises(BadInput, match="needs"):
            measure([["a"]], [["a"]])
    else:
        assert measure([["a", "b"]], [["a"]]) >= 0


def test_gold_tags_do_not_matter_to_measures_of_the_lists(make_run, make_measure):
    run = make_run()
    known = {"train_counts": run.train_counts, "train_size": run.train_size, "parents": run.parents}
    for measure in map(make_measure, OVER_LISTS):
        assert measure(Run(run.predictions, [[]] * 40, **known)) == pytest.approx(measure(run), abs=1e-12)


def test_measures_do_not_change():
    with pytest.raises(FrozenInstanceError):
        parse("P@5").k = 6


@pytest.mark.parametrize(
    "text",
    [
        *("F1(tags=absent)@5", "P@O", "ECE(bins=15)", "MAP@3", "alpha-nDCG(alpha=0.7)@5", "PSP@3", "R(tags=absent)@10"),
        *(
            "F1(match=stems, short=own)@5",
            "F1(match=stems)@M",
            "P@5",
            "entity-F1(typed=False)",
            "semantic-F1(encoder=org/e5)@M",
        ),
    ],
)
def test_names_survive_the_round_trip(text):
    assert str(parse(text)) == text
    assert parse(parse(text)) == parse(text)


def test_equality_is_that_of_class_and_parameters():
    assert parse("alpha-nDCG(threshold=2)@10") == parse("alpha-nDCG(threshold=2.0)")
    assert parse("P@5") != parse("P@6") and parse("P@5") != parse("R@5")


def test_parse_all_drops_repetitions():
    assert [str(m) for m in parse_all(["P@5", "MAP", "P@5"])] == ["P@5", "MAP"]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("nope", UnknownName, "no measure is called 'nope'"),
        ("run", UnknownName, "no measure"),
        ("P@", BadInput, "is not a measure"),
        ("P@0", BadInput, "k must be a positive whole number or one of M, O"),
        ("P@MO", BadInput, "k must be"),
        ("MAP@M", BadInput, "k must be a positive whole number, not 'M'"),
        ("P(q=1)", BadInput, "no parameter 'q'"),
        ("P(tag=all)", BadInput, "did you mean 'tags'"),
        ("P(tags=some)", BadInput, "tags must be one of all, present, absent"),
        ("F1(match=porter)@5", BadInput, "match must be one of exact, stems"),
        ("F1(short=M)@5", BadInput, "short must be one of k, own"),
        ("ILD@1001", BadInput, "k must be a positive whole number up to 1,000, not 1001"),
        ("ECE(bins=0)", BadInput, "bins must be a positive whole number"),
        ("ECE(bins=x)", BadInput, "bins must be"),
        ("ECE(bins)", BadInput, "should be name=value"),
        ("entity-F1(typed=x)", BadInput, "typed must be one of True, False"),
        ("entity-F1(typed=1)", BadInput, "typed must be"),
        ("alpha-nDCG(alpha=2)", BadInput, "alpha must be a number from 0 to 1"),
        ("alpha-nDCG(threshold=-1)", BadInput, "threshold must be a number of at least 0"),
        ("semantic-F1(encoder=)@5", BadInput, "encoder must be a name"),
        ("semantic-F1(encoder=3)", BadInput, "encoder must be a name without commas and brackets, not 3"),
        ("redundancy(threshold=x)", BadInput, "threshold must be"),
        ("PSP(B=0)", BadInput, "B must be"),
    ],
)
def test_refuses_wrong_names(text, error, message):
    with pytest.raises(error, match=message):
        parse(text)
