"""A fitted pipeline is measured as a comparison measures it, and texts that it knows are told apart."""

from __future__ import annotations

import json

import pytest

from tagkit.contract import photographed
from tagkit.errors import BadInput
from tagkit.experiment.compare import compare
from tagkit.experiment.evaluate import evaluate
from tagkit.pipeline import Pipeline
from tagkit.product import Dataset, Product
from tagkit.report.page import render
from tagkit.taggers import create


@pytest.fixture(scope="module")
def data(products) -> Dataset:
    """A small data set whose test part repeats one text of train."""
    again = Product("again", products[0].title.upper() + "！", tags=products[0].tags)
    return Dataset("shop", tuple(products[:12]), tuple(products[12:18]), (*products[18:], again))


@pytest.mark.parametrize("name", ["linear", "lexicon"])
def test_scores_and_intervals_are_those_of_a_comparison(data, name, tmp_path):
    result = compare([name], data, isolate=False, progress=False)
    loaded = Pipeline.load(result.tagger(name).save(tmp_path))
    for pipeline in (result.tagger(name), loaded):
        found = evaluate(pipeline, data)
        assert list(found.scores) == list(result.scores["test"][name])
        for view, scores in (("test", found.scores), ("dedup", found.new)):
            for measure, score in scores.items():
                expected = result.scores[view][name][measure]
                wanted = [expected.value, expected.low, expected.high]
                assert [score.value, score.low, score.high] == pytest.approx(wanted, nan_ok=True), (view, measure)
        assert (found.products, found.known, found.is_sure) == (7, 1, True)


def test_what_the_model_knows_is_found_in_another_file(data):
    pipeline = Pipeline.fit(create("lexicon"), data)
    other = Dataset("new", (), (), (*data.train[:3], data.test[0], Product("x", "没有标签的商品")))
    found = evaluate(pipeline, other, measures=["F1@M"])
    assert (found.products, found.judged, found.known) == (5, 4, 3)
    assert found.new["F1@M"].value == evaluate(pipeline, other.with_parts(test=[data.test[0]])).scores["F1@M"].value
    assert "4 of 5 products have gold tags" in found.remarks[0]
    assert "3 of 5 texts are among those that the model was fitted on" in found.remarks[1]
    assert str(found).splitlines()[0] == "lexicon on new, test: 5 products"
    assert json.loads(json.dumps(found.to_dict()))["known"] == 3


def test_all_known_texts_are_said_to_be_known(data):
    found = evaluate(Pipeline.fit(create("lexicon"), data), data, "train", ["F1@M"])
    assert found.known == found.products == 12 and not found.new
    assert "the scores say nothing of new products" in found.remarks[0]
    assert evaluate(Pipeline.fit(create("lexicon"), data), data, "all", ["F1@M"]).products == 25


def test_without_provenance_the_train_part_of_the_data_counts(data):
    found = evaluate(Pipeline(create("lexicon").fit(data.train)), data, measures=["F1@M"])
    assert (found.known, found.is_sure) == (1, False)
    assert "does not say what it was fitted on" in found.remarks[0]


def test_gold_tags_have_the_spelling_that_was_learned():
    train = tuple(Product(str(i), f"纯棉T恤 {i}", tags=("T恤", "纯棉")) for i in range(4))
    pipeline = Pipeline.fit(create("lexicon"), Dataset("shop", train))
    other = Dataset("new", (), (), (Product("x", "纯棉T恤 男", tags=("t恤", "纯棉")),))
    assert evaluate(pipeline, other).scores["F1@M"].value == 1


def test_what_cannot_be_measured_is_one_sentence(data):
    pipeline = Pipeline.fit(create("lexicon"), data)
    with pytest.raises(BadInput, match="the test part of shop has no products with gold tags"):
        evaluate(pipeline, data.with_parts(test=()))
    with pytest.raises(BadInput, match="the part is one of train, dev, test, all, not 'tset'"):
        evaluate(pipeline, data, "tset")


def test_photos_that_cannot_be_read_are_counted_in_every_summary(products, tiny_photo_model, caplog):
    shown = photographed(products)
    test = (*shown[18:22], Product("a", "鞋", images=("none.jpg",), tags=("鞋",)), Product("b", "鞋", tags=("鞋",)))
    data = Dataset("shop", shown[:14], shown[14:18], test)
    row = {"image": create("image", model=str(tiny_photo_model), epochs=1)}
    result = compare(row, data, measures=["F1@M"], isolate=False, progress=False)
    sentence = "image could read no photo of 1 test products, which were tagged without."
    assert sentence in result.warnings and sentence in render([result])
    assert "products whose photos cannot be read" in render([result])
    found = evaluate(result.tagger("image"), data, measures=["F1@M"])
    assert found.unread == 1 and "No photo of 1 of 6 products can be read" in str(found)
    assert "cannot be read" not in caplog.text
