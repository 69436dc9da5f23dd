"""Fitting one run of a row: seeds, shares, folds, refinements, combinations, decoding, self-training."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.experiment.fit import Job, fit, fold_of, make_tagger, needed, sample
from tagkit.experiment.spec import Data, Experiment, Row, SelfTraining
from tagkit.product import Dataset, Product
from tagkit.text.clean import clean


@pytest.fixture(scope="module")
def data(products) -> Dataset:
    """A small data set."""
    return Dataset("shop", tuple(products[:12]), tuple(products[12:14]), tuple(products[14:]))


def fitted(row: Row, data: Dataset, *others: Row, seed: int | None = None, source: Data | None = None):
    """Return the pipeline of a row."""
    return fit(Job(row, {other.name: other for other in others}, source or Data("shop"), data, seed), FitCache())


def test_a_share_of_train_is_drawn_by_the_seed(data):
    fifth, half = sample(data, 0.2, 1), sample(data, 0.5, 1)
    assert (len(fifth.train), len(half.train), len(fifth.dev), len(half.dev)) == (2, 6, 1, 1)
    assert all(product in half.train for product in fifth.train), "a larger share holds a smaller one"
    assert list(half.train) == [product for product in data.train if product in half.train], "in their order"
    assert half.test == data.test and sample(data, 0.5, 1) == half
    assert any(sample(data, 0.5, seed).train != half.train for seed in range(5))
    assert sample(data, 1, 1) is data and sample(data.with_parts(dev=()), 0.5, 1).dev == ()


def test_folds_cut_train_and_dev_and_leave_test_alone(data):
    parts = [fold_of(data, 3, fold) for fold in range(3)]
    tested = [product.id for part in parts for product in part.test]
    assert sorted(tested) == sorted(product.id for product in (*data.train, *data.dev))
    for part in parts:
        assert not {product.id for product in part.test} & {product.id for product in (*part.train, *part.dev)}
    with pytest.raises(BadInput, match="number of folds is 2 or more"):
        fold_of(data, 1, 0)


def test_a_seed_goes_to_the_strategy_that_takes_it():
    assert "seed" not in make_tagger(Row("a", "knn", seeds=(3,), share=0.5), 3).get_params()
    with pytest.raises(BadInput, match="linear has no parameter 'seed'"):
        make_tagger(Row("a", "linear", seeds=(3,)), 3)
    pytest.importorskip("torch")
    assert make_tagger(Row("a", "sequence", seeds=(3,), share=0.5), 3).get_params()["seed"] == 3


def test_refinements_with_parameters(data):
    row = Row("a", "lexicon", refine=({"stop_tags": {"tags": ["牛奶"]}}, {"limit": {"k": 1}}))
    pipeline = fitted(row, data)
    assert [step.name for step in pipeline.refinement.steps] == ["stop_tags", "limit"]
    usual = fitted(replace(row, refine=None), data).predict(data.test)
    assert any(tag.text == "牛奶" for tags in usual for tag in tags)
    found = [tag.text for tags in pipeline.predict(data.test) for tag in tags]
    assert "牛奶" not in found and 0 < len(found) <= len(data.test)


def test_cleaning_that_is_left_out(data):
    lists = [
        {tag.text for tags in fitted(Row("a", "lexicon", params), data).predict(data.test) for tag in tags}
        for params in ({"skip_cleaning": ["case"]}, {})
    ]
    assert "blue" in lists[1] - lists[0], "Blue is the tag blue only where case does not count"
    assert clean("Blue").text == "blue", "it is left out for that row alone"


def test_a_row_combines_the_fitted_taggers_of_others(data):
    lexicon, linear = Row("a", "lexicon"), Row("b", "linear")
    pair = fitted(Row("c", "ensemble", of=("a", "b"), refine=()), data, lexicon, linear)
    same = fitted(Row("c", "ensemble", {"taggers": ["lexicon", "linear"]}, refine=()), data)
    assert pair.predict(data.test) == same.predict(data.test)
    fused = fitted(Row("d", "hybrid", {"method": "rrf"}, of=("a", "b")), data, lexicon, linear)
    assert fused.name == "hybrid" and any(fused.predict(data.test))
    with pytest.raises(BadInput, match="does not combine strategies"):
        fitted(Row("e", "lexicon", of=("a",)), data, lexicon)


def test_a_row_is_trained_on_texts_that_another_one_labels(data, products, tmp_path):
    more = [
        product.to_dict() | {"id": f"n{n}", "title": f"{product.title} 包邮", "tags": []}
        for n, product in enumerate(products[:6])
    ]
    import json

    (tmp_path / "more.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in more), encoding="utf-8")
    teacher = Row("teacher", "lexicon")
    row = Row("student", "dictionary", self_training=SelfTraining("teacher"))
    few = data.with_parts(train=[*data.train[:1], Product("x", "包", tags=("包",))])
    student = fitted(row, few.with_parts(train=data.train), teacher, source=Data("", tmp_path / "more.jsonl"))
    assert any(student.predict(data.test))


def test_only_what_decodes_has_its_decoding_set(data):
    with pytest.raises(BadInput, match="lexicon does not decode"):
        fitted(Row("a", "lexicon", decoding={"penalty": 1}), data)


def test_the_rows_that_a_row_needs():
    rows = (
        Row("a", "lexicon"),
        Row("b", "ensemble", of=("a",)),
        Row("c", "dictionary", self_training=SelfTraining("b")),
    )
    experiment = Experiment("e", Data("shop"), rows, ())
    assert list(needed(experiment, rows[2])) == ["b", "a"] and needed(experiment, rows[0]) == {}
