"""Measures of the order of a list: scores by hand, and those of other libraries."""

import math
import random

import numpy as np
import pytest

from tagkit.measures import Run, parse, run


@pytest.mark.parametrize(
    ("name", "predicted", "gold", "score"),
    [
        ("nDCG@3", [["x", "a"]], [["a", "b"]], (1 / math.log2(3)) / (1 + 1 / math.log2(3))),
        ("MAP", [["a", "x", "b"], ["x"]], [["a", "b", "c"], ["a"]], ((1 + 2 / 3) / 3 + 0) / 2),
        ("MAP@2", [["a", "x", "b"]], [["a", "b", "c"]], 1 / 3),
        ("MRR", [["x", "y", "a"], ["a"], []], [["a"], ["a"], ["a"]], (1 / 3 + 1 + 0) / 3),
        ("MRR", [[], []], [["a"], ["b"]], 0),
        ("MRR@2", [["x", "y", "a"], ["a"]], [["a"], ["a"]], 1 / 2),
        # 红色 covers itself and 酒红色 (1/2); then 酒红色 earns half of both; 鞋 covers neither
        (
            "alpha-nDCG@3",
            [["红色", "鞋", "酒红色"]],
            [["红色", "酒红色"]],
            (2 + 1 / math.log2(4)) / (2 + 1 / math.log2(3)),
        ),
        ("alpha-nDCG(threshold=2)@2", [["x", "a"]], [["a", "b"]], (1 / math.log2(3)) / (1 + 1 / math.log2(3))),
    ],
)
def test_by_hand(name, predicted, gold, score):
    assert parse(name)(predicted, gold) == pytest.approx(score, abs=1e-12)


def test_alpha_ndcg_does_not_depend_on_blocks(make_run, monkeypatch):
    whole = parse("alpha-nDCG")(make_run())
    monkeypatch.setattr(run, "BLOCK_CELLS", 150)
    assert parse("alpha-nDCG")(make_run()) == pytest.approx(whole, abs=1e-12)


def test_ndcg_agrees_with_scikit_learn():
    """Full rankings only: scikit-learn scores every column, so tags that are not listed get ranks of their own."""
    from sklearn.metrics import ndcg_score

    rng = random.Random(1)
    tags = [a + b for a in "abcde" for b in "abcd"]
    predicted = [rng.sample(tags, len(tags)) for _ in range(200)]
    gold = [rng.sample(tags, rng.randint(1, 8)) for _ in range(200)]
    truth = np.array([[tag in row for tag in tags] for row in gold], dtype=float)
    scores = np.array([[-row.index(tag) for tag in tags] for row in predicted], dtype=float)
    for k in (1, 5, 20):
        assert parse(f"nDCG@{k}")(predicted, gold) == pytest.approx(ndcg_score(truth, scores, k=k), abs=1e-9)


def test_agrees_with_ranx(lists_with_gold):
    ranx = pytest.importorskip("ranx")
    predicted, gold = lists_with_gold
    qrels = ranx.Qrels({f"q{i}": dict.fromkeys(row, 1) for i, row in enumerate(gold)})
    ranking = ranx.Run({f"q{i}": {t: 99.0 - r for r, t in enumerate(row)} for i, row in enumerate(predicted) if row})
    names = ["nDCG@5", "MAP", "MAP@5", "MRR"]
    scores = ranx.evaluate(qrels, ranking, [name.lower() for name in names], make_comparable=True)
    for name in names:
        assert parse(name)(predicted, gold) == pytest.approx(scores[name.lower()], abs=1e-9), name


def test_agrees_with_ir_measures(lists_with_gold):
    ir_measures = pytest.importorskip("ir_measures")
    predicted, gold = lists_with_gold
    qrels = {f"q{i}": dict.fromkeys(row, 1) for i, row in enumerate(gold)}
    ranking = {f"q{i}": {tag: 99.0 - rank for rank, tag in enumerate(row)} for i, row in enumerate(predicted)}
    for name, other in {"nDCG@5": "nDCG@5", "MAP": "AP", "MAP@5": "AP@5", "MRR": "RR"}.items():
        measure = ir_measures.parse_measure(other)
        score = ir_measures.calc_aggregate([measure], qrels, ranking)[measure]
        assert parse(name)(predicted, gold) == pytest.approx(score, abs=1e-9), name


@pytest.mark.parametrize("k", [5, 10, 20])
def test_alpha_ndcg_agrees_with_ir_measures(k):
    """Tags in families that cover one another; other tags cover nothing, since our ideal list is of gold tags."""
    ir_measures = pytest.importorskip("ir_measures")
    pytest.importorskip("pyndeval")
    rng = random.Random(k)
    families = [[letter + "".join(chr(0x4E00 + 40 * i + j) for j in range(4)) for letter in "abc"] for i in range(9)]
    qrels, ranking, predicted, gold = [], {}, [], []
    for i in range(200):
        nuggets = [tag for family in rng.sample(families, 4) for tag in rng.sample(family, rng.randint(1, 3))]
        row = [*rng.sample(nuggets, rng.randint(0, len(nuggets))), *(f"{j}—{i}" for j in range(rng.randint(0, 12)))]
        rng.shuffle(row)
        covered = [(a, b) for a in nuggets for b in nuggets if a[1:] == b[1:]]
        qrels += [ir_measures.GenericQrel(f"q{i}", tag, 1, nugget) for tag, nugget in covered]
        ranking[f"q{i}"] = {tag: 99.0 - rank for rank, tag in enumerate(row)}
        predicted.append(row)
        gold.append(nuggets)
    for alpha in (0.5, 0.9):
        theirs = ir_measures.alpha_nDCG(alpha=alpha) @ k
        scores = {m.query_id: m.value for m in ir_measures.iter_calc([theirs], qrels, ranking)}
        ours = parse(f"alpha-nDCG(alpha={alpha})@{k}").per_product(Run(predicted, gold))
        assert ours.tolist() == pytest.approx([scores.get(f"q{i}", 0.0) for i in range(200)], abs=1e-9)
