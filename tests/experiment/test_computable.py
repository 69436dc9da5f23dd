"""Measures that cannot be computed are left out, which is said once and before anything is fitted."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

import tagkit
from tagkit import weights
from tagkit.errors import BadInput, WeightsMissing
from tagkit.experiment.computable import computable
from tagkit.experiment.evaluate import evaluate
from tagkit.experiment.tune import tune
from tagkit.measures import parse_all
from tagkit.product import Dataset

ELSEWHERE = ("semantic-F1(encoder=no/where)@M", "semantic-ILD(encoder=no/where)@10")


@pytest.fixture
def data(products, tmp_path, monkeypatch) -> Dataset:
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return Dataset("small", products[:12], products[12:16], products[16:])


def test_one_warning_names_what_is_left_out(data, caplog):
    with caplog.at_level(logging.WARNING):
        kept = computable(parse_all(["P@1", *ELSEWHERE]))
    assert list(map(str, kept)) == ["P@1"]
    [message] = [record.message for record in caplog.records]
    assert message.startswith(
        f"not measured: {', '.join(ELSEWHERE)}, since the model 'no/where' is not on this machine"
    )


def test_what_a_data_set_lacks_is_left_out(data, caplog):
    with caplog.at_level(logging.WARNING):
        kept = computable(parse_all(["P@1", "facet-R@10", "facet-entropy@10"]), data)
    assert list(map(str, kept)) == ["P@1"]
    [message] = [record.message for record in caplog.records]
    assert message == (
        "not measured: facet-R@10, facet-entropy@10, since small has no facets: name a table of them as `facets`, or "
        "measure clusters by cluster-R"
    )
    with pytest.raises(BadInput, match="small has no parents: name a table of them as `parents`"):
        tagkit.compare(["dictionary"], data, ["parents-implied@10"])
    named = replace(data, facets={"红色": "colour"})
    assert computable(parse_all(["facet-R@10"]), named) == tuple(parse_all(["facet-R@10"]))


def test_an_encoder_is_looked_for_once(data, monkeypatch):
    asked = []
    path = weights.path
    monkeypatch.setattr(weights, "path", lambda *given: asked.append(given) or path(*given))
    computable(parse_all(["P@1", *ELSEWHERE]))
    assert len(asked) == 1


def test_where_nothing_is_left_that_is_an_error(data):
    with pytest.raises(BadInput, match="no measure can be computed: the model 'no/where' is not on this machine"):
        computable(parse_all(ELSEWHERE))


def test_the_other_measures_are_compared_and_evaluated(data, caplog):
    measures = ("P@1", *ELSEWHERE)
    found = tagkit.compare(["dictionary"], data, measures, isolate=False, progress=False)
    assert list(map(str, found.measures)) == ["P@1"] and not found.failed
    assert list(evaluate(found.tagger("dictionary"), data, measures=measures).scores) == ["P@1"]


def test_a_search_by_such_a_measure_does_not_begin(data, tmp_path):
    pytest.importorskip("optuna", reason="tuning needs tagkit[tune]")
    with pytest.raises(WeightsMissing, match="the model 'no/where'"):
        tune("lexicon", data, measure=ELSEWHERE[0], folder=tmp_path)


def test_all_tags_of_all_rows_are_embedded_at_once(data, tiny_model, monkeypatch, tmp_path):
    from tagkit.measures import vectors
    from tagkit.neural import inference

    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    for kept in (vectors.vectors_of, vectors._made):  # what other tests embedded
        kept.cache_clear()
    calls = []
    embed = inference.embed
    monkeypatch.setattr(inference, "embed", lambda *given: calls.append(given[1]) or embed(*given))
    name = f"semantic-F1(encoder={tiny_model})@5"
    found = tagkit.compare(["dictionary", "lexicon"], data, [name, "F1@M"], isolate=False, progress=False)
    assert len(calls) == 1 and {tag for product in data.test for tag in product.tags} <= set(calls[0])
    assert 0 < found.scores["test"]["lexicon"][name].value <= 1 and found.scores["test"]["lexicon"][name].p is None
    [(encoder, digest)] = found.rows["lexicon"].environment["encoders of measures"].items()
    assert encoder == str(tiny_model) and len(digest) == 64
