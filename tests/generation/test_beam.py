"""Beam search and diverse beam search, against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
from toy_decoder import END, SEPARATOR, SPECIAL, Table, written  # noqa: E402

from tagkit.generation import PrefixTree, Search, TagListGrammar, decode  # noqa: E402


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_a_wide_beam_search_agrees_with_brute_force(power):
    table, longest = Table(4), 4
    every = [(*body, END) for length in range(longest) for body in itertools.product(range(1, 4), repeat=length)]
    assert len(every) == 40
    for prompt in ([5], [6, 7]):
        best = sorted(every, key=lambda text: -table.log(prompt, text) / len(text) ** power)
        search = Search(method="beam", returns=5, beams=40, tokens=longest, length_power=power)
        (found,) = decode(table, [prompt], search, END)
        assert [text.tokens for text in found] == best[:5]
        for text in found:
            assert sum(text.log_probs) == pytest.approx(table.log(prompt, text.tokens), abs=1e-5)
            assert text.finished


def test_one_beam_is_greedy():
    prompts = [[n] for n in range(20)]
    greedy = decode(Table(), prompts, Search(method="greedy", tokens=8), END)
    beam = decode(Table(), prompts, Search(method="beam", tokens=8), END)
    assert written(greedy) == written(beam)
    table = Table()
    for prompt, (text,) in zip(prompts, greedy, strict=True):
        at = tuple(prompt)
        for token in text.tokens:
            assert token == int(table.logits(at).argmax())
            at = (*at, token)


def test_more_beams_find_better_texts():
    prompts = [[n] for n in range(30)]

    def mean(width):
        search = Search(method="beam", beams=width, tokens=6, length_power=0.0)
        return np.mean([row[0].score(0.0) for row in decode(Table(sharp=1.0), prompts, search, END)])

    assert mean(1) < mean(4) < mean(40) + 1e-9


def test_a_group_avoids_the_tokens_of_earlier_groups():
    table = Table(sharp=0.5)
    prompts = [[n] for n in range(20)]

    def firsts(penalty):
        search = Search(method="diverse", returns=4, tokens=3, penalty=penalty)
        return [{text.tokens[0] for text in row} for row in decode(table, prompts, search, END)]

    assert all(len(row) == 1 for row in firsts(0.0)), "without a penalty all groups are the same greedy search"
    assert all(len(row) == 4 for row in firsts(100.0))
    some = [len(row) for row in firsts(0.3)]
    assert 1 < np.mean(some) < 4
    # The second group takes the best token after the penalty, and the scores stay the model's own.
    (row,) = decode(table, [[3]], Search(method="diverse", returns=2, tokens=1, penalty=0.2), 99)
    logs = table.logits((3,)).log_softmax(-1)
    first = int(logs.argmax())
    logs[first] -= 0.2
    assert {text.tokens[0] for text in row} == {first, int(logs.argmax())}
    for text in row:
        assert sum(text.log_probs) == pytest.approx(table.log((3,), text.tokens), abs=1e-5)


def test_groups_of_several_beams():
    search = Search(method="diverse", returns=6, groups=3, tokens=4, penalty=1.0)
    found = decode(Table(), [[1], [2]], search, END)
    assert all(len(row) == 6 for row in found)
    own = decode(Table(), [[1]], Search(method="beam", returns=2, tokens=4), END)
    assert set(written(own)[0]) <= set(written(found)[0]), "the first group pays nothing"


def test_constrained_beam_search_agrees_with_brute_force():
    table, tags = Table(sharp=1.0), [(3,), (3, 4), (6,)]
    rule = TagListGrammar(PrefixTree(tags), SPECIAL)
    every = []
    for length in (1, 2, 3):
        for order in itertools.permutations(tags, length):
            text = [token for tag in order for token in (*tag, SEPARATOR)]
            every.append((*text[:-1], END))
    best = sorted(every, key=lambda text: -table.log([7], text))
    search = Search(method="beam", returns=6, beams=30, tokens=12, length_power=0.0)
    (found,) = decode(table, [[7]], search, END, grammars=[rule])
    assert [text.tokens for text in found] == best[:6]
