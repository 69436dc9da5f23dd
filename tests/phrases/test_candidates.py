"""Words, documents, and the phrases that are chosen among the words."""

from __future__ import annotations

from tagkit.phrases.candidates import Document, Phrase, TextWord, longest, ngrams, noun_phrases, runs
from tagkit.product import Span
from tagkit.text.clean import clean


def words_of(line):
    """Return the words of a line, in which a dot is a word that is not kept and a bar a comma."""
    words, gap, at = [], "", 0
    for token in line.split():
        if token == "|":
            gap = ","
        else:
            words.append(TextWord(token, at, at + len(token), token != ".", gap))
            gap = " "
        at += len(token) + 1
    return words


def test_candidates():
    words = words_of("big red bag . gold chain | blue chain")
    assert runs(words) == [(0, 2), (4, 5), (6, 7)]
    assert runs(words, only={"red", "bag", "chain"}) == [(1, 2), (5, 5), (7, 7)]
    assert ngrams(words, 2) == [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (4, 4), (5, 5), (4, 5), (6, 6), (7, 7), (6, 7)]
    assert longest(words, 2) == [(0, 0), (1, 1), (2, 2), (4, 5), (6, 7)]
    assert longest(words, None) == runs(words)


def test_chinese_words_with_a_blank_between_them_are_no_phrase():
    words = [TextWord("高跟", 0, 2), TextWord("鞋子", 2, 4), TextWord("女士", 5, 7, gap=" ")]
    assert runs(words) == [(0, 1), (2, 2)]


def test_noun_phrases_are_nouns_with_the_adjectives_before_them():
    words = [
        TextWord(str(at), at, at + 1, kind != "-", pos=kind.replace("-", "")) for at, kind in enumerate("ANAANN-A-NAN")
    ]
    assert noun_phrases(words, None) == [(0, 1), (2, 5), (9, 9), (10, 11)]
    assert noun_phrases(words, 2) == [(0, 1), (9, 9), (10, 11)]
    assert noun_phrases([], None) == []


def test_occurrences_are_grouped_into_phrases():
    words = [TextWord("graph", 0, 6), TextWord("theori", 7, 13, gap=" "), TextWord("graph", 15, 20, gap=", ")]
    cleaned = clean("Graphs theory, graph", ())
    plain, stemmed = (Document(cleaned, "en", words, stemmed) for stemmed in (False, True))
    assert plain.phrases([(0, 1), (2, 2)]) == [
        Phrase("graphs theory", ("graph", "theori"), ((0, 1),), "graphs theory"),
        Phrase("graph", ("graph",), ((2, 2),), "graph"),
    ]
    assert plain.phrases([(0, 0), (2, 2)])[0].places == ((0, 0),)
    (found,) = stemmed.phrases([(0, 0), (2, 2)])
    assert found == Phrase("graphs", ("graph",), ((0, 0), (2, 2)), "graph")
    assert stemmed.spans(found) == (Span(0, 6), Span(15, 20))
