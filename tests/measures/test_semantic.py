"""Semantic measures: beside scikit-learn and their definitions, what changes nothing, and whether synonyms count."""

import math
import random

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics.pairwise import cosine_similarity

from tagkit import weights
from tagkit.errors import TagkitError
from tagkit.measures import Run, parse, run
from tagkit.measures.vectors import vectors_of

NAMES = ["P", "R", "F1", "coverage", "ILD", "Vendi", "redundancy"]
LISTS = [["红色", "酒红色", "高跟鞋"], ["red shoe", "shoe"], ["鞋"], [], ["👠", "👟", "鞋" * 100_000]]
GOLD = [["红色", "女鞋"], ["red", "shoe", "dress"], [], ["鞋"], ["鞋", "👞"]]


@pytest.fixture
def score(make_measure):
    """Score lists by a measure, given by its name after "semantic-"."""

    def score(name, predicted=LISTS, gold=GOLD, **params):
        return make_measure(f"semantic-{name}", **params)(predicted, gold)

    return score


@pytest.fixture
def cosines(tiny_model, make_measure):
    """The similarities between two lists."""
    vectors = vectors_of(str(tiny_model))
    return lambda first, second: cosine_similarity(vectors(first), vectors(second))


def mean(values):
    return pytest.approx(sum(values) / len(values), abs=1e-9)


def test_precision_recall_and_f1_are_those_of_kpeval(score, cosines):
    expected = []
    for predicted, gold in zip(LISTS, GOLD, strict=True):
        if gold:
            nearest = np.maximum(cosines(predicted, gold), 0) if predicted else np.zeros((1, len(gold)))
            precision, recall = nearest.max(axis=1).mean(), nearest.max(axis=0).mean()
            expected.append((precision, recall, 2 * precision * recall / (precision + recall or 1)))
    precisions, recalls, scores = zip(*expected, strict=True)
    assert (score("P"), score("R"), score("F1")) == (mean(precisions), mean(recalls), mean(scores))


def test_cutoffs_are_those_of_the_exact_measures(score, cosines):
    best = np.maximum(cosines(["红色", "酒红色"], ["红色", "女鞋"]), 0).max(axis=1)
    first = {"predicted": LISTS[:1], "gold": GOLD[:1]}
    assert score("P", **first, k=2) == score("P", **first, k="O") == pytest.approx(best.mean())
    whole = score("P", **first)
    assert score("P", **first, k=6) == pytest.approx(whole / 2)
    assert score("P", **first, k=6, short="own") == pytest.approx(whole)


def test_equal_lists_score_1_and_empty_ones_0(score):
    for name in ("P", "R", "F1", "coverage"):
        assert score(name, GOLD, GOLD) == pytest.approx(1)
        assert score(name, [[]], [["鞋"]]) == 0
        assert math.isnan(score(name, [["鞋"], []], [[], []]))


def test_diversity_within_lists_is_that_of_the_definitions(score, cosines):
    distances, effective, same = [], [], []
    for tags in filter(None, LISTS):
        found = cosines(tags, tags)
        effective.append(math.exp(entropy(np.maximum(np.linalg.eigvalsh(found / len(tags)), 0))))
        if len(tags) > 1:
            pairs = found[np.triu_indices(len(tags), 1)]
            distances.append(1 - np.maximum(pairs, 0).mean())
            same.append((pairs >= 0.3).mean())
    assert (score("ILD"), score("Vendi"), score("redundancy")) == (mean(distances), mean(effective), mean(same))


def test_coverage_counts_the_gold_tags_that_are_near(score, cosines):
    near = cosines(LISTS[0], GOLD[0]).max(axis=0)
    for threshold in (0.0, 0.3, *(near - 1e-6), 1.0):
        expected = (near >= threshold).mean()
        assert score("coverage", LISTS[:1], GOLD[:1], threshold=float(max(threshold, 0))) == expected


@pytest.mark.parametrize("name", NAMES)
def test_neither_order_nor_batch_nor_blocks_matter(score, name, monkeypatch):
    whole = score(name)
    turned = [list(reversed(row)) for row in GOLD]
    order = random.Random(0).sample(range(len(LISTS)), len(LISTS))
    assert score(name, gold=turned) == pytest.approx(whole, abs=1e-9)
    assert score(name, [LISTS[i] for i in order], [GOLD[i] for i in order]) == pytest.approx(whole, abs=1e-9)
    one_by_one = [score(name, [row], [gold]) for row, gold in zip(LISTS, GOLD, strict=True)]
    assert np.nanmean(one_by_one) == pytest.approx(whole, abs=1e-9)
    monkeypatch.setattr(run, "BLOCK_CELLS", 150)
    assert score(name) == pytest.approx(whole, abs=1e-9)


def test_names_the_encoder_and_its_checksum(tiny_model, make_measure):
    measure = make_measure("semantic-F1", k=5)
    assert str(measure) == f"semantic-F1(encoder={tiny_model})@5"
    assert measure.versions() == {str(tiny_model): weights.digest(str(tiny_model))}
    assert str(parse("semantic-F1@5")) == "semantic-F1@5"


def test_a_synonym_counts_more_than_a_stranger():
    """Lists of one tag: the synonym of a gold tag, or another preferred tag of the same language."""
    from tagkit.datasets import load

    try:
        vectors_of()
    except TagkitError as error:
        pytest.skip(str(error))
    synonyms = load("catalogue").synonyms
    rng = random.Random(0)
    measure = parse("semantic-F1@M")
    shares = {}
    for language, (first, last) in {"zh": ("一", "鿿"), "en": ("a", "z")}.items():
        words = [word for word in synonyms if first <= word[0] <= last]
        gold = [[word] for word in words for _ in synonyms[word]]
        right = [[other] for word in words for other in synonyms[word]]
        wrong = [[rng.choice([other for other in words if other != word])] for word in words for _ in synonyms[word]]
        near, far = (measure.per_product(Run(rows, gold)) for rows in (right, wrong))
        shares[language] = float((near > far).mean())
    assert shares["zh"] >= 0.94 and shares["en"] >= 0.85, shares
