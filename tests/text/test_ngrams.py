"""Character n-grams and the similarities made of them."""

import random

import numpy as np
import pytest

from tagkit.text import ngrams
from tagkit.text.ngrams import NgramMatrix, char_ngrams, jaccard, nearest_jaccard


@pytest.fixture
def texts():
    draw = random.Random(3)
    return ["".join(draw.choices("红蓝鞋裙ab ", k=draw.randint(0, 9))) for _ in range(200)]


def test_ngrams_of_a_text():
    assert char_ngrams("高跟鞋子", 3) == {"高跟鞋", "跟鞋子"}
    assert char_ngrams("鞋", 3) == {"鞋"}
    assert char_ngrams("", 3) == set()


def test_jaccard_of_two_sets():
    assert jaccard({"a", "b"}, {"b", "c"}) == pytest.approx(1 / 3)
    assert jaccard({"a"}, {"a"}) == 1
    assert jaccard({"a"}, set()) == 0


def test_pairs_agree_with_single_sets(texts):
    matrix = NgramMatrix(texts, 2)
    first, second = np.arange(150), np.arange(149, -1, -1) + 50
    grams = [char_ngrams(text, 2) for text in texts]
    pairs = [(grams[a], grams[b]) for a, b in zip(first, second, strict=True)]
    assert matrix.sizes.tolist() == [len(row) for row in grams]
    assert matrix.shared(first, second).tolist() == [len(a & b) for a, b in pairs]
    filled = [at for at, (a, b) in enumerate(pairs) if a or b]
    expected = [jaccard(*pairs[at]) for at in filled]
    assert 0 < sum(expected) < len(filled)
    assert matrix.jaccard(first[filled], second[filled]).tolist() == expected


@pytest.mark.parametrize("chunk", [7, 500])
def test_nearest_agrees_with_single_sets(texts, chunk, monkeypatch):
    monkeypatch.setattr(ngrams, "CHUNK", chunk)
    few, many = texts[:60], texts[60:]
    expected = [max(jaccard(char_ngrams(a, 3), char_ngrams(b, 3)) for b in many) for a in few]
    assert nearest_jaccard(few, many, 3).tolist() == expected
    assert nearest_jaccard(many, few, 3).shape == (140,)
    assert nearest_jaccard(few, [], 3).tolist() == [0.0] * 60
    assert nearest_jaccard([], few, 3).shape == (0,)
