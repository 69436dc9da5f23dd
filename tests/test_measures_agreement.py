"""The measures beside scikit-learn, ranx, ir_measures and pyndeval, and beside published figures."""

import gzip
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

from tagkit.measures import Run, parse
from tagkit.product import Product, Tag

LETTERS = "abcdefghijklmnopqrst"


def random_lists(n=300, seed=7):
    """Predicted and gold lists of two-letter tags: empty ones, short ones, and products without gold among them."""
    rng = random.Random(seed)
    tags = [a + b for a in LETTERS for b in LETTERS[:3]]
    predicted, gold = [], []
    for _ in range(n):
        predicted.append(rng.sample(tags, rng.randint(0, 12)))
        gold.append(rng.sample(tags[:40], rng.randint(0, 8)))
    predicted[0], gold[0], predicted[1], gold[1] = [], ["aa"], ["aa"], []
    return predicted, gold


def judged(predicted, gold):
    """Only the products that have gold tags."""
    pairs = [(p, g) for p, g in zip(predicted, gold, strict=True) if g]
    return [p for p, _ in pairs], [g for _, g in pairs]


def indicator(predicted, gold):
    from sklearn.preprocessing import MultiLabelBinarizer

    binarizer = MultiLabelBinarizer(sparse_output=True).fit([*predicted, *gold])
    return binarizer.transform(gold), binarizer.transform(predicted)


@pytest.mark.filterwarnings("ignore")
def test_agrees_with_scikit_learn():
    from sklearn.metrics import f1_score, precision_score, recall_score

    predicted, gold = random_lists()
    truth, guess = indicator(*judged(predicted, gold))
    per_product = {"average": "samples", "zero_division": 0}
    whole = {"average": "micro", "zero_division": 0}
    expected = {
        "P@M": precision_score(truth, guess, **per_product),
        "R@M": recall_score(truth, guess, **per_product),
        "F1@M": f1_score(truth, guess, **per_product),
        "micro-P": precision_score(truth, guess, **whole),
        "micro-R": recall_score(truth, guess, **whole),
        "micro-F1": f1_score(truth, guess, **whole),
        "macro-F1": f1_score(truth, guess, average="macro", zero_division=0),
    }
    for name, figure in expected.items():
        assert parse(name)(predicted, gold) == pytest.approx(figure, abs=1e-9), name
    truth, guess = indicator(*judged([row[:3] for row in predicted], gold))
    assert parse("macro-F1@3")(predicted, gold) == pytest.approx(f1_score(truth, guess, average="macro"), abs=1e-9)
    assert parse("micro-F1@3")(predicted, gold) == pytest.approx(f1_score(truth, guess, average="micro"), abs=1e-9)


def test_agrees_with_scikit_learn_on_ranks():
    """Full rankings only: scikit-learn scores every column, so tags that are not listed get ranks of their own."""
    from sklearn.metrics import ndcg_score

    rng = random.Random(1)
    tags = [a + b for a in LETTERS[:5] for b in LETTERS[:4]]
    predicted = [rng.sample(tags, len(tags)) for _ in range(200)]
    gold = [rng.sample(tags, rng.randint(1, 8)) for _ in range(200)]
    truth = np.array([[tag in row for tag in tags] for row in gold], dtype=float)
    scores = np.array([[-row.index(tag) for tag in tags] for row in predicted], dtype=float)
    for k in (1, 5, 20):
        assert parse(f"nDCG@{k}")(predicted, gold) == pytest.approx(ndcg_score(truth, scores, k=k), abs=1e-9)


def test_brier_agrees_with_scikit_learn():
    from sklearn.metrics import brier_score_loss

    rng = random.Random(2)
    predicted, gold = judged(*random_lists())
    scored = [[Tag(tag, rng.random()) for tag in row] for row in predicted]
    right = [tag.text in truth for row, truth in zip(scored, gold, strict=True) for tag in row]
    figure = brier_score_loss(right, [tag.score for row in scored for tag in row])
    assert parse("Brier")(scored, gold) == pytest.approx(figure, abs=1e-9)


def test_agrees_with_ranx():
    ranx = pytest.importorskip("ranx")
    predicted, gold = judged(*random_lists())
    qrels = ranx.Qrels({f"q{i}": dict.fromkeys(row, 1) for i, row in enumerate(gold)})
    run = ranx.Run({f"q{i}": {t: 99.0 - r for r, t in enumerate(row)} for i, row in enumerate(predicted) if row})
    ours = ["P@5", "R@5", "F1@5", "nDCG@5", "MAP", "MAP@5", "MRR"]
    theirs = ["precision@5", "recall@5", "f1@5", "ndcg@5", "map", "map@5", "mrr"]
    figures = ranx.evaluate(qrels, run, theirs, make_comparable=True)
    for name, other in zip(ours, theirs, strict=True):
        assert parse(name)(predicted, gold) == pytest.approx(figures[other], abs=1e-9), name


def test_agrees_with_ir_measures():
    ir_measures = pytest.importorskip("ir_measures")
    predicted, gold = judged(*random_lists())
    qrels = {f"q{i}": dict.fromkeys(row, 1) for i, row in enumerate(gold)}
    run = {f"q{i}": {tag: 99.0 - rank for rank, tag in enumerate(row)} for i, row in enumerate(predicted)}
    pairs = {"P@5": "P@5", "R@5": "R@5", "nDCG@5": "nDCG@5", "MAP": "AP", "MAP@5": "AP@5", "MRR": "RR"}
    theirs = {name: ir_measures.parse_measure(other) for name, other in pairs.items()}
    figures = ir_measures.calc_aggregate(list(theirs.values()), qrels, run)
    for name, other in theirs.items():
        assert parse(name)(predicted, gold) == pytest.approx(figures[other], abs=1e-9), name


@pytest.mark.parametrize("k", [5, 10, 20])
def test_alpha_ndcg_agrees_with_ir_measures(k):
    """Tags in families that cover one another; other tags cover nothing, since our ideal list is of gold tags."""
    ir_measures = pytest.importorskip("ir_measures")
    pytest.importorskip("pyndeval")
    rng = random.Random(k)
    families = [[letter + "".join(chr(0x4E00 + 40 * i + j) for j in range(4)) for letter in "abc"] for i in range(9)]
    qrels, run, predicted, gold = [], {}, [], []
    for i in range(200):
        nuggets = [tag for family in rng.sample(families, 4) for tag in rng.sample(family, rng.randint(1, 3))]
        row = [*rng.sample(nuggets, rng.randint(0, len(nuggets))), *(f"{j}—{i}" for j in range(rng.randint(0, 12)))]
        rng.shuffle(row)
        covered = [(a, b) for a in nuggets for b in nuggets if a[1:] == b[1:]]
        qrels += [ir_measures.GenericQrel(f"q{i}", tag, 1, nugget) for tag, nugget in covered]
        run[f"q{i}"] = {tag: 99.0 - rank for rank, tag in enumerate(row)}
        predicted.append(row)
        gold.append(nuggets)
    for alpha in (0.5, 0.9):
        theirs = ir_measures.alpha_nDCG(alpha=alpha) @ k
        figures = {m.query_id: m.value for m in ir_measures.iter_calc([theirs], qrels, run)}
        ours = parse(f"alpha-nDCG(alpha={alpha})@{k}").per_product(Run(predicted, gold))
        for i, figure in enumerate(ours):
            assert figure == pytest.approx(figures.get(f"q{i}", 0.0), abs=1e-9)


def test_ece_agrees_with_bins_of_scikit_learn():
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(0)
    scores, right = rng.random(2000), rng.random(2000) < 0.4
    predicted = [[Tag(f"t{i}", float(score))] for i, score in enumerate(scores)]
    gold = [[f"t{i}"] if hit else ["other"] for i, hit in enumerate(right)]
    share, mean = calibration_curve(right, scores, n_bins=10)
    sizes = np.histogram(scores, bins=10, range=(0, 1))[0]
    expected = (np.abs(share - mean) * sizes).sum() / 2000
    assert parse("ECE")(predicted, gold) == pytest.approx(expected, abs=1e-9)


PUBLISHED = {
    "list-oa-mine-10-shots_2023-10-08_12-31-04": (78.86, 69.73, 74.01),
    "schema_oa_mine_gpt_4_0613_shots_10_SemanticSimilarity_0_2___json_schema_2023-10-10_15-04-06": (
        82.55,
        77.97,
        80.19,
    ),
    "schema_oa_mine_gpt_4_0613_shots_10_SemanticSimilarity_1_0___json_schema_2023-10-10_16-58-05": (
        83.98,
        80.42,
        82.16,
    ),
    "schema_oa_mine_gpt_4_0613_10_SemanticSimilarity_0_2___json_schema_ensembling_shuffle_2024-01-10_17-14-40": (
        (83.99, 80.05, 81.97)
    ),
    "schema_oa_mine_gpt_4_0613_10_SemanticSimilarity_1_0___json_schema_ensembling_shuffle_2024-01-17_11-34-21": (
        (85.26, 81.68, 83.43)
    ),
}


@pytest.mark.data
@pytest.mark.parametrize("name", PUBLISHED)
def test_attributes_reproduce_published_figures(name):
    """The answers of five published runs on OA-Mine, scored anew: fifteen figures to two decimals."""
    path = Path(os.environ.get("TAGKIT_DATA", "")) / "extractgpt" / "past_runs" / f"{name}.gz"
    if not os.environ.get("TAGKIT_DATA") or not path.is_file():
        pytest.skip("the stored runs of ExtractGPT are not in TAGKIT_DATA")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        examples = json.load(file)["examples"]
    products, predicted = [], []
    for number, row in enumerate(examples):
        gold = tuple(Tag(value, type=name) for name, values in row["target_scores"].items() for value in values)
        products.append(Product(str(number), row["input"], annotations=gold))
        answers = json.loads(row["pred"]).items()
        predicted.append([Tag(value, type=name) for name, value in answers if value and value != "n/a"])
    run = Run(predicted, products=products)
    figures = tuple(round(100 * parse(f"attribute-{letter}")(run), 2) for letter in ("P", "R", "F1"))
    assert len(examples) == 491
    assert figures == PUBLISHED[name]
