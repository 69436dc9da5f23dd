"""Precision, recall and F1: scores by hand, and those of other libraries."""

import pytest

from tagkit.errors import BadInput
from tagkit.measures import Run, parse
from tagkit.product import Product


@pytest.mark.parametrize(
    ("name", "predicted", "gold", "score"),
    [
        ("P@4", [["a", "b"], ["c", "x", "d", "y"]], [["a"], ["c", "d"]], (1 / 4 + 2 / 4) / 2),
        ("P(short=own)@4", [["a", "b"], ["c", "x", "d", "y"]], [["a"], ["c", "d"]], (1 / 2 + 2 / 4) / 2),
        ("P", [["a", "b"], []], [["a"], ["c"]], (1 / 2 + 0) / 2),
        ("P@O", [["x", "a", "b"]], [["a", "b"]], 1 / 2),
        ("R@1", [["a", "b"], ["x"]], [["a", "b"], ["c"]], (1 / 2 + 0) / 2),
        ("F1@M", [["a", "b", "x"]], [["a", "b", "c", "d"]], 2 * (2 / 3) * (1 / 2) / (2 / 3 + 1 / 2)),
        ("F1@2", [["a"]], [["a", "b", "c"]], 2 * 1 / (2 + 3)),
        ("F1@O", [["a", "x", "b"]], [["a", "b"]], 2 * 1 / (2 + 2)),
        ("F1(short=own)@5", [[]], [["a"]], 0),
        ("micro-P", [["a", "x"], ["b"]], [["a"], ["b", "c"]], 2 / 3),
        ("micro-R@1", [["x", "a"], ["b"]], [["a"], ["b", "c"]], 1 / 3),
        ("micro-F1", [["a", "x"], ["b"]], [["a"], ["b", "c"]], 2 * 2 / (3 + 3)),
        # a: 2·1/(2+1), b: 1, c: 0 (gold only), x: 0 (predicted only)
        ("macro-F1", [["a", "x"], ["b", "a"]], [["a"], ["b", "c"]], (2 / 3 + 1 + 0 + 0) / 4),
    ],
)
def test_by_hand(name, predicted, gold, score):
    assert parse(name)(predicted, gold) == pytest.approx(score, abs=1e-12)


def test_products_without_gold_tags_are_left_out():
    for name in ("P@2", "R", "F1", "micro-P", "micro-R", "micro-F1", "macro-F1"):
        assert parse(name)([["a", "x"], ["y"]], [["a"], []]) == parse(name)([["a", "x"]], [["a"]])


def test_present_and_absent_tags_apart():
    products = [Product("1", "red shoe", tags=("red", "elegant"))]
    run = Run([["red", "shoe", "elegant", "cheap"]], products=products)
    assert parse("R(tags=present)@M")(run) == 1
    assert parse("P(tags=present)@M")(run) == pytest.approx(1 / 2)
    assert parse("F1(tags=absent)@M")(run) == pytest.approx(2 / 3)
    assert parse("R(tags=absent)@1")(run) == 1
    with pytest.raises(BadInput, match=r"R\(tags=absent\)@1 needs `products`"):
        parse("R(tags=absent)@1")([["a"]], [["a"]])


def test_by_stems():
    predicted, gold = [["networks", "network", "graph model"]], [["Network", "graphs models", "x"]]
    assert parse("F1@M")(predicted, gold) == 0
    assert parse("F1(match=stems)@M")(predicted, gold) == pytest.approx(2 * 2 / (2 + 3))
    assert parse("P(match=stems)@10")(predicted, gold) == pytest.approx(2 / 10)
    assert parse("P(match=stems,short=own)@10")(predicted, gold) == 1
    assert parse("R(match=stems)@1")(predicted, gold) == pytest.approx(1 / 3)
    # as pke counts: both different stems are right, of three gold phrases
    precision, recall = 2 / 2, 2 / 3
    expected = 2 * precision * recall / (precision + recall)
    assert parse("F1(match=stems,short=own)@5")(predicted, gold) == pytest.approx(expected)


def indicators(predicted, gold):
    """Gold and predicted tags as scikit-learn takes them."""
    from sklearn.preprocessing import MultiLabelBinarizer

    binarizer = MultiLabelBinarizer(sparse_output=True).fit([*predicted, *gold])
    return binarizer.transform(gold), binarizer.transform(predicted)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("k", [None, 3])
def test_agrees_with_scikit_learn(k, lists, lists_with_gold):
    from sklearn.metrics import f1_score, precision_score, recall_score

    predicted, gold = lists_with_gold
    truth, guess = indicators([row[:k] for row in predicted], gold)
    averages = {"micro-": "micro"} | ({"": "samples"} if k is None else {})
    expected = {
        prefix + name: score(truth, guess, average=average, zero_division=0)
        for prefix, average in averages.items()
        for name, score in (("P", precision_score), ("R", recall_score), ("F1", f1_score))
    }
    expected["macro-F1"] = f1_score(truth, guess, average="macro", zero_division=0)
    for name, score in expected.items():
        measure = parse(name if k is None else f"{name}@{k}")
        assert 0 < score < 1 and measure(*lists) == pytest.approx(score, abs=1e-9), measure


def test_agrees_with_ranx(lists_with_gold):
    ranx = pytest.importorskip("ranx")
    predicted, gold = lists_with_gold
    qrels = ranx.Qrels({f"q{i}": dict.fromkeys(row, 1) for i, row in enumerate(gold)})
    run = ranx.Run({f"q{i}": {t: 99.0 - r for r, t in enumerate(row)} for i, row in enumerate(predicted) if row})
    theirs = {"P@5": "precision@5", "R@5": "recall@5", "F1@5": "f1@5"}
    scores = ranx.evaluate(qrels, run, list(theirs.values()), make_comparable=True)
    for name, other in theirs.items():
        assert parse(name)(predicted, gold) == pytest.approx(scores[other], abs=1e-9), name


def test_agrees_with_ir_measures(lists_with_gold):
    ir_measures = pytest.importorskip("ir_measures")
    predicted, gold = lists_with_gold
    qrels = {f"q{i}": dict.fromkeys(row, 1) for i, row in enumerate(gold)}
    run = {f"q{i}": {tag: 99.0 - rank for rank, tag in enumerate(row)} for i, row in enumerate(predicted)}
    for name in ("P@5", "R@5"):
        measure = ir_measures.parse_measure(name)
        score = ir_measures.calc_aggregate([measure], qrels, run)[measure]
        assert parse(name)(predicted, gold) == pytest.approx(score, abs=1e-9), name
