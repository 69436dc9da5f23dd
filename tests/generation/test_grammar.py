"""Grammars: lists are well-formed, known, and without repeats."""

from __future__ import annotations

import itertools

import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
from toy_decoder import COLON, END, SEARCHES, SEPARATOR, SPECIAL, TAGS, Table, parse  # noqa: E402

from tagkit.generation import PrefixTree, Search, TagListGrammar, TypedList, decode  # noqa: E402
from tagkit.generation.hypothesis import Hypothesis  # noqa: E402


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.method)
def test_constrained_lists_are_well_formed_with_distinct_known_tags(search):
    prompts = [[n] for n in range(40)]
    rule = TagListGrammar(PrefixTree(TAGS), SPECIAL)
    settings = {**vars(search), "tokens": 40}
    found = decode(
        Table(sharp=1.0), prompts, Search(**settings), END, grammars=[rule] * 40, keys=list(map(str, prompts))
    )
    lengths = set()
    for text in itertools.chain(*found):
        assert text.finished and text.tokens[-1] == END and text.tokens.count(END) == 1
        tags = parse(text)
        assert len(tags) == text.tokens.count(SEPARATOR) + 1 >= 1, "no separator without a tag on both sides"
        assert set(tags) <= set(TAGS) and len(set(tags)) == len(tags)
        lengths.add(len(tags))
    assert len(lengths) > 2


def test_a_list_of_all_tags_or_of_the_maximum_is_finished():
    class Chatty(Table):
        def logits(self, text):
            out = super().logits(text)
            out[END] -= 1000
            return out

    rule = TagListGrammar(PrefixTree(TAGS), SPECIAL)
    (found,) = decode(Chatty(), [[1]], Search(tokens=50), END, grammars=[rule])
    assert set(parse(found[0])) == set(TAGS) and found[0].finished
    (short,) = decode(
        Chatty(), [[1]], Search(tokens=50), END, grammars=[TagListGrammar(PrefixTree(TAGS), SPECIAL, max_tags=2)]
    )
    assert len(parse(short[0])) == 2 and short[0].finished


def test_incomplete_tags_are_dropped_when_tokens_run_out():
    rule = TagListGrammar(PrefixTree(TAGS), SPECIAL)
    for tokens in range(1, 8):
        for (text,) in decode(Table(), [[n] for n in range(20)], Search(tokens=tokens), END, grammars=[rule] * 20):
            assert len(text.tokens) <= tokens
            assert set(parse(text)) <= set(TAGS)


TYPES = [(3,), (3, 4), (5,)]


def triples(text: Hypothesis) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    out = []
    for piece in parse(text):
        at = piece.index(COLON)
        out.append((piece[:at], piece[at + 1 :]))
    return out


@pytest.mark.parametrize("repeated", [frozenset(), frozenset({0, 2})])
@pytest.mark.parametrize("own", [{}, {1: PrefixTree([(6, 7), (11,)]), 2: PrefixTree([(11, 3)])}])
@pytest.mark.parametrize("copied", [[(6,), (6, 7), (8, 9)], []])
def test_typed_lists(repeated, own, copied):
    if not own and not copied:
        empty = TypedList(PrefixTree(TYPES), [PrefixTree(copied)], own, SPECIAL)
        assert not empty.allowed(empty.start()).size
        return
    rule = TypedList(PrefixTree(TYPES), [PrefixTree(copied)], own, SPECIAL, repeated)
    prompts = [[n] for n in range(40)]
    search = Search(method="sample", returns=2, tokens=60)
    found = decode(Table(sharp=1.0), prompts, search, END, grammars=[rule] * 40, keys=list(map(str, prompts)))
    several = 0
    for text in itertools.chain(*found):
        assert text.finished
        given = triples(text)
        assert given and len(set(given)) == len(given)
        for kind, value in given:
            number = TYPES.index(kind)
            assert value in copied or (number in own and own[number].find(value) >= 0)
        for number in {0, 1, 2} - repeated:
            assert sum(kind == TYPES[number] for kind, _ in given) <= 1
        several += any(sum(kind == TYPES[n] for kind, _ in given) > 1 for n in repeated)
    assert (several > 0) == bool(repeated and (copied or 0 in own))


def test_typed_lists_have_at_most_so_many_values():
    rule = TypedList(PrefixTree(TYPES), [PrefixTree([(6,), (8,)])], {}, SPECIAL, frozenset({0, 1, 2}), max_tags=2)
    prompts = [[n] for n in range(40)]
    found = decode(Table(sharp=1.0), prompts, Search(tokens=60), END, grammars=[rule] * 40)
    assert {len(triples(text)) for text in itertools.chain(*found)} == {1, 2}
