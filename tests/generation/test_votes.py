"""Votes of several lists, and calibrated confidence."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
from toy_decoder import END, SEPARATOR, SPECIAL, parse  # noqa: E402

from tagkit.generation import SpecialTokens  # noqa: E402
from tagkit.generation.hypothesis import Hypothesis  # noqa: E402
from tagkit.generation.votes import Confidence, Vote, count_votes  # noqa: E402


def test_votes_count_texts_and_probabilities():
    texts = [
        Hypothesis((3, SEPARATOR, 6, 7, END), (-0.1, -0.2, -0.3, -0.5, -0.1), True),
        Hypothesis((3, SEPARATOR, 3, SEPARATOR, SEPARATOR, 9), (-0.4, -0.1, -0.2, -0.1, -0.1, -0.1), False),
    ]
    assert [parse(text) for text in texts] == [[(3,), (6, 7)], [(3,), (3,)]], "what was only begun is left out"
    found = count_votes(texts, SPECIAL, lambda tokens: tokens)
    weights = np.exp([text.score() for text in texts])
    first = float(weights[0] / weights.sum())
    assert set(found) == {(3,), (6, 7)}
    assert found[(3,)] == Vote(-0.1, -0.1, 1.0, pytest.approx(1.0), (0, 0))
    assert found[(6, 7)] == Vote(-0.4, -0.8, 0.5, pytest.approx(first), (0, 1))
    assert found[(6, 7)].score == pytest.approx(first * math.exp(-0.4))
    assert count_votes(texts, SPECIAL, lambda tokens: None) == {} == count_votes([], SPECIAL, lambda tokens: tokens)


def test_confidence_is_calibrated_where_dev_says_enough():
    random = np.random.default_rng(0)
    votes = [Vote(-m, -2 * m, s, s, (0, 0)) for m, s in random.uniform(0.01, 1, (4000, 2))]
    chance = [math.exp(3 * vote.mean) * vote.share for vote in votes]
    right = [bool(random.random() < value) for value in chance]
    confidence = Confidence()
    assert confidence(votes[:3]) == [round(vote.score, 6) for vote in votes[:3]]
    confidence.fit(votes[:10], right[:10])
    assert not len(confidence.weights)
    confidence.fit(votes, right)
    scores = np.array(confidence(votes))
    assert np.abs(scores - chance).mean() < 0.5 * np.abs(np.array([vote.score for vote in votes]) - chance).mean()
    for low in (0.0, 0.2, 0.4):
        inside = (scores >= low) & (scores < low + 0.2)
        assert abs(scores[inside].mean() - np.array(right)[inside].mean()) < 0.08
    again = Confidence(confidence.weights)
    assert again(votes[:5]) == confidence(votes[:5]) and again([]) == []


def test_without_a_separator_every_token_is_a_tag():
    texts = [Hypothesis((4, 7, 9), (-1.0, -0.5, -0.1), True)]
    votes = count_votes(texts, SpecialTokens(-1, 9), lambda tokens: tokens[0])
    assert {key: vote.mean for key, vote in votes.items()} == {4: -1.0, 7: -0.5}
