"""Predicted lists beside gold tags, encoded."""

import numpy as np
import pytest

from tagkit.errors import BadInput
from tagkit.measures import Run, parse
from tagkit.product import Dataset, Product, Tag


@pytest.fixture
def run():
    return Run([["a", "b", "a", "x"], [], ["b"]], [["b", "b", "a"], ["a"], []])


def test_encodes_each_tag_of_a_list_once(run):
    assert len(run) == 3 and run.width == 3
    assert run.texts == [["a", "b", "x"], [], ["b"]]
    assert run.lengths.tolist() == [3, 0, 1] and run.gold_sizes.tolist() == [2, 1, 0]
    assert run.has_gold.tolist() == [True, True, False]
    assert [[run.names[code] if code >= 0 else "" for code in row] for row in run.codes] == [
        ["a", "b", "x"],
        ["", "", ""],
        ["b", "", ""],
    ]
    assert run.hits.tolist() == [[True, True, False], [False] * 3, [False] * 3]
    assert run.gold == [{"a", "b"}, {"a"}, set()]


def test_scores_are_those_of_the_first_tag_of_each_text():
    run = Run([[Tag("a", 0.2), Tag("b", 0.7), Tag("a", 0.9)], [Tag("b", 0.1)]], [["a"], ["b"]])
    assert run.scores.tolist() == [[0.2, 0.7], [0.1, 0.0]]
    assert Run([["a", "b"], ["b"]], [["a"], ["b"]]).scores.tolist() == [[1.0, 1.0], [1.0, 0.0]]


def test_counts_by_code_and_by_given_columns(run):
    counts = run.counts().toarray()
    assert counts.shape == (3, 3)
    assert [counts[:, run.vocabulary[tag]].tolist() for tag in "abx"] == [[1, 0, 0], [1, 0, 1], [1, 0, 0]]
    assert run.counts(1, {"z": 0, "a": 1}).toarray().tolist() == [[0, 1], [0, 0], [0, 0]]


def test_shared_columns():
    columns = {"x": 0, "a": 1, "b": 2}
    run = Run([["a", "b"]], [["b"]], columns=columns)
    assert run.vocabulary is columns and run.codes.tolist() == [[1, 2]] and run.names == ["x", "a", "b"]
    assert run.table(len, -1).tolist() == [1, 1, 1, -1]
    with pytest.raises(BadInput, match="lacks the tag 'c'"):
        _ = Run([["c"]], [["b"]], columns=columns).codes


def test_gold_tags_come_from_the_products():
    run = Run([["a"]], products=[Product("1", "x", tags=("a", "b"))])
    assert run.gold == [{"a", "b"}]
    with pytest.raises(BadInput, match="`gold` or `products`"):
        Run([["a"]])
    with pytest.raises(BadInput, match="1 predicted lists for 2 products"):
        Run([["a"]], [["a"], ["b"]])


def test_the_run_of_a_data_set_has_what_the_data_set_knows():
    train = (Product("1", "x", tags=("a", "b")), Product("2", "x", tags=("a",)))
    data = Dataset("shop", train, facets={"a": "colour"}, parents={"a": ("b",)})
    run = Run.of(data, [["a"]], [Product("3", "x", tags=("b",))])
    assert (run.train_counts, run.train_size, run.facets, run.parents) == (
        {"a": 2, "b": 1},
        2,
        {"a": "colour"},
        {"a": ("b",)},
    )
    assert run.gold == [{"b"}]
    assert Run.of(data, [], [], train=({"c": 1}, 7)).train_size == 7
    with pytest.raises(BadInput, match="hierarchical-F1@M needs `parents`"):
        parse("hierarchical-F1")(Run.of(Dataset("bare", train), [["a"]], train[:1]))


def test_bigrams_of_the_tags_in_lower_case():
    run = Run([["Red", "rEd"]], [[]])
    assert run.bigrams.jaccard(np.array([0]), np.array([1])).tolist() == [1.0]


def test_a_repeated_tag_counts_once():
    for name in ("P@2", "MAP", "micro-P", "distinct", "ILD"):
        assert parse(name)([["a", "a", "b"]], [["b"]]) == parse(name)([["a", "b"]], [["b"]])
