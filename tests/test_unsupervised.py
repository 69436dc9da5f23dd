"""The strategies without training: tfidf, the four graph rankers and yake."""

import itertools
import math
import random
import time

import networkx as nx
import numpy as np
import pytest
import yake
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.feature_extraction.text import TfidfVectorizer

from tagkit.errors import BadInput
from tagkit.phrases.candidates import Phrase, Word, longest, ngrams, runs
from tagkit.phrases.graph import pagerank, word_graph
from tagkit.phrases.topics import multipartite_graph, topics
from tagkit.product import Product
from tagkit.taggers import create
from tagkit.text.clean import clean

GRAPH = ["multipartiterank", "positionrank", "singlerank", "textrank"]
NAMES = [*GRAPH, "firstphrases", "kpminer", "tfidf", "topicrank", "yake"]
TRAIN = [
    Product("1", "这是一款红色的平底鞋", lang="zh", tags=("平底鞋", "红色", "鞋子")),
    Product("2", "优雅蓝色高跟鞋 女", lang="zh", tags=("高跟鞋", "蓝色", "女")),
    Product("3", "森霓牌云朵鞋 夏季透气", lang="zh", tags=("云朵鞋", "夏季")),
    Product("4", "Red leather bag with a gold chain", lang="en", tags=("bag", "leather")),
    Product("5", "Blue cotton dress for the summer", lang="en", tags=("dress",)),
]


@pytest.fixture(scope="module", params=NAMES)
def fitted(request):
    return create(request.param, limit=None).fit(TRAIN)


def texts(tags):
    return [tag.text for tag in tags]


@pytest.mark.parametrize(
    "product",
    [
        Product(
            "a", "【包邮】优雅ＢＬＵＥ藍色高跟鞋&nbsp;女士高跟鞋 500", "鞋跟不高，上班約會都合適。高跟鞋", lang="zh"
        ),
        Product("b", "RED Leather Bag, gold&amp;silver chain", "A red leather bag for the <b>office</b>.", lang="en"),
    ],
    ids=["zh", "en"],
)
def test_spans_point_at_every_place_in_the_text_as_it_was_given(fitted, product):
    [tags] = fitted.predict([product])
    assert tags
    for tag in tags:
        assert tag.spans
        for span in tag.spans:
            found = clean(product.text[span.start : span.end]).text
            assert found.split() == tag.text.split()
    wanted = "高跟鞋" if product.lang == "zh" else "bag"
    spans = {tag.text: tag.spans for tag in tags}
    if wanted in spans:
        assert len(spans[wanted]) == clean(product.text).text.count(wanted)


def test_scores_go_down_from_one(fitted):
    for tags in fitted.predict(["优雅蓝色高跟鞋 夏季新款云朵鞋", "Red leather bag with a gold chain and blue cotton"]):
        scores = [tag.score for tag in tags]
        assert scores[0] == 1
        assert scores == sorted(scores, reverse=True)
        assert min(scores) >= 0
        assert {tag.source for tag in tags} == {fitted.name}
        assert len(set(texts(tags))) == len(tags)


def test_only_marks_and_numbers_give_nothing(fitted):
    assert fitted.predict(["!!! 12345 ???", "😀😀", "的 了", "的 123 !!"]) == [[], [], [], []]


def test_stop_words_and_line_breaks_part_english_phrases(fitted):
    [tags] = fitted.predict([Product("x", "Sturdy walnut desk with drawer", "Quiet chair, soft cushion", lang="en")])
    for text in texts(tags):
        assert "desk drawer" not in text
        assert "drawer quiet" not in text
        assert "chair soft" not in text
        assert not set(text.split()) & {"with", "the"} or fitted.name == "yake"


@pytest.mark.parametrize("name", NAMES)
def test_limit(name):
    title = "秋季女鞋高跟鞋细跟尖头单鞋真皮鞋子蓝色优雅气质职业工作皮鞋"
    everything = create(name, limit=None).fit(TRAIN).predict([title])[0]
    assert create(name, limit=2).fit(TRAIN).predict([title])[0] == everything[:2]
    assert len(everything) > 2


@pytest.mark.parametrize("name", NAMES)
def test_tags_of_train_become_words(name):
    title = "云朵鞋"
    assert "云朵鞋" in texts(create(name).fit(TRAIN).predict([title])[0])
    assert "云朵鞋" not in texts(create(name, tag_words=False).fit(TRAIN).predict([title])[0])
    again = create(name).fit(TRAIN).fit(TRAIN[:2])
    assert "云朵鞋" not in texts(again.predict([title])[0])


@pytest.mark.parametrize("name", NAMES)
def test_tags_are_written_as_in_train(name):
    train = [*TRAIN, Product("x", "白色T恤", tags=("T恤",)), Product("y", "Red VELVET curtain", tags=("VELVET",))]
    strategy = create(name, top=1.0) if name == "textrank" else create(name)
    chinese, english = strategy.fit(train).predict(["红色t恤 T恤", "gold velvet with fringe"])
    assert "T恤" in texts(chinese)
    assert "VELVET" in texts(english) or "gold velvet" in texts(english)
    assert "velvet" not in texts(english)


def test_a_known_tag_of_one_character_counts():
    known, unknown = create("tfidf").fit(TRAIN), create("tfidf", tag_words=False).fit(TRAIN)
    assert "女" in texts(known.predict(["女 高跟鞋"])[0])
    assert "女" not in texts(unknown.predict(["女 高跟鞋"])[0])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_very_long_title_is_read_to_its_end_in_short_time(fitted, lang):
    rng = random.Random(3)
    pool = {
        "zh": ["真皮", "高跟鞋", "蓝色", "夏季", "透气", "帆布", "双肩包", "婴儿", "玻璃杯", "咖啡机", "的", "，"],
        "en": [f"{a}{b}" for a in ("wood", "blue", "soft", "glass") for b in ("table", "lamp", "chair", "bowl")]
        + ["of"],
    }[lang]
    glue, last = ("", "平底鞋") if lang == "zh" else (" ", "umbrella")
    words = glue.join(rng.choice(pool) for _ in range(6000))[: 10_000 - len(last) - 2]
    title = f"{words}。\n{last}" if lang == "zh" else f"{words}\n{last}"
    start = time.process_time()
    [tags] = fitted.predict([Product("long", title, lang=lang)])
    assert time.process_time() - start < 6
    ends = {span.end for tag in tags for span in tag.spans}
    assert fitted.n_truncated_chars([title]) == [0]
    # TextRank gives only the best third of the words; the others give all of them, the last word too.
    assert (fitted.name == "textrank") or (len(title) in ends)


def kept(line):
    """Words from a line in which a dot is a word that is not kept and a bar a border."""
    words, gap, at = [], "", 0
    for token in line.split():
        if token == "|":
            gap = ","
        else:
            words.append(Word(token, at, at + len(token), token != ".", gap))
            gap = " "
        at += len(token) + 1
    return words


def test_candidates():
    words = kept("big red bag . gold chain | blue chain")
    assert runs(words) == [(0, 2), (4, 5), (6, 7)]
    assert runs(words, only={"red", "bag", "chain"}) == [(1, 2), (5, 5), (7, 7)]
    assert ngrams(words, 2) == [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (4, 4), (5, 5), (4, 5), (6, 6), (7, 7), (6, 7)]
    assert longest(words, 2) == [(0, 0), (1, 1), (2, 2), (4, 5), (6, 7)]
    assert longest(words, None) == runs(words)


def test_chinese_words_with_a_blank_between_them_are_no_phrase():
    words = [Word("高跟", 0, 2), Word("鞋子", 2, 4), Word("女士", 5, 7, gap=" ")]
    assert runs(words) == [(0, 1), (2, 2)]


@pytest.mark.parametrize("seed", range(5))
def test_pagerank_agrees_with_networkx(seed):
    rng = np.random.default_rng(seed)
    weights = rng.random((12, 12)) * (rng.random((12, 12)) < 0.3)
    np.fill_diagonal(weights, 0)
    weights[:, :2] = 0  # Two nodes without a way out.
    graph = nx.from_numpy_array(weights.T, create_using=nx.DiGraph)
    bias = rng.random(12)
    for prior in (None, bias):
        personal = None if prior is None else dict(enumerate(prior))
        expected = nx.pagerank(graph, alpha=0.85, personalization=personal, tol=1e-12, max_iter=1000)
        np.testing.assert_allclose(pagerank(weights, prior), [expected[i] for i in range(12)], atol=1e-8)
    assert pagerank(np.zeros((0, 0))).shape == (0,)


@pytest.mark.parametrize(("window", "weighted"), [(2, False), (2, True), (4, True), (50, True), (1, True)])
def test_word_graph_counts_meetings_within_the_window(window, weighted):
    rng = random.Random(window)
    words = kept(" ".join(rng.choice("abcdef.") for _ in range(30)))
    forms, graph = word_graph(words, window, weighted)
    expected = np.zeros((len(forms), len(forms)))
    for (i, left), (j, right) in itertools.combinations(enumerate(words), 2):
        if left.keep and right.keep and j - i < window and left.form != right.form:
            one, other = forms.index(left.form), forms.index(right.form)
            expected[one, other] = expected[other, one] = expected[one, other] + 1 if weighted else 1
    np.testing.assert_array_equal(np.asarray(graph), expected)
    assert forms == list(dict.fromkeys(word.form for word in words if word.keep))


def test_textrank_keeps_the_best_share_and_joins_neighbours():
    title = Product("t", "soft gold chain of warm gold chain of gold ring of gold lamp of chain mail", lang="en")
    [tags] = create("textrank", top=0.3).fit(TRAIN).predict([title])
    assert texts(tags) == ["gold chain", "gold", "chain"]
    assert [len(tag.spans) for tag in tags] == [2, 2, 1]
    [everything] = create("textrank", top=None).fit(TRAIN).predict([title])
    assert texts(everything)[0] in ("soft gold chain", "warm gold chain")
    assert {"gold ring", "gold lamp", "chain mail"} <= set(texts(everything))


def test_positionrank_prefers_what_stands_first_where_singlerank_does_not():
    title = Product("t", "lamp of oak of glass of iron of cork of wool", lang="en")
    even, early = (create(name, window=20).fit(TRAIN).predict([title])[0] for name in ("singlerank", "positionrank"))
    assert {tag.score for tag in even} == {1.0}
    assert texts(early) == ["lamp", "oak", "glass", "iron", "cork", "wool"]
    assert len({tag.score for tag in early}) == 6


def some_phrases(seed, count=14):
    """Make phrases of one to three words at places that do not overlap."""
    rng = random.Random(seed)
    places, at = {}, 0
    for _ in range(count * 2):
        words = tuple(rng.choice("abcdefghij") for _ in range(rng.randint(1, 3)))
        places.setdefault(words, []).append((at, at + len(words) - 1))
        at += len(words) + rng.randint(0, 2)
    return [Phrase(" ".join(words), words, tuple(p)) for words, p in places.items()]


@pytest.mark.parametrize("seed", range(6))
def test_topics_are_those_of_plain_average_linkage(seed):
    phrases = some_phrases(seed)
    vectors = np.array([[letter in phrase.words for letter in "abcdefghij"] for phrase in phrases])
    expected = fcluster(linkage(pdist(vectors, "jaccard"), "average"), 0.74, "distance")
    found = topics(phrases, 0.74)
    np.testing.assert_array_equal(found[:, None] == found[None, :], expected[:, None] == expected[None, :])


@pytest.mark.parametrize("seed", range(3))
def test_multipartite_weights_follow_the_paper(seed):
    phrases = some_phrases(seed)
    topic = topics(phrases, 0.74)
    weight = np.zeros((len(phrases), len(phrases)))
    for i, j in itertools.permutations(range(len(phrases)), 2):
        if topic[i] != topic[j]:
            pairs = itertools.product(phrases[i].places, phrases[j].places)
            weight[i, j] = sum(1 / (b[0] - a[1] if a < b else a[0] - b[1]) for a, b in pairs)
    np.testing.assert_allclose(multipartite_graph(phrases, topic, 0.0), weight)
    pushed = weight.copy()
    for number in set(topic.tolist()):
        members = sorted(np.flatnonzero(topic == number), key=lambda i: phrases[i].places[0])
        head, others = members[0], members[1:]
        for j in range(len(phrases)):
            gain = sum(weight[i, j] for i in others)
            pushed[head, j] += 1.1 * math.exp(1 / (1 + phrases[head].places[0][0])) * gain
    np.testing.assert_allclose(multipartite_graph(phrases, topic, 1.1), pushed)
    assert (pushed > weight).any()


def test_tfidf_has_the_weights_of_scikit_learn():
    rng = random.Random(1)
    words = ["lamp", "oak", "glass", "iron", "cork", "wool", "silk", "clay", "jade"]
    products = [Product(str(i), " ".join(rng.choices(words, k=8)), lang="en") for i in range(20)]
    model = TfidfVectorizer(norm=None, ngram_range=(1, 3)).fit([product.title for product in products])
    new = Product("new", "oak oak wool lamp oak wool jade", lang="en")
    row = model.transform([new.title])
    known = dict(zip(model.get_feature_names_out()[row.indices], row.data, strict=True))
    [tags] = create("tfidf", limit=None).fit(products).predict([new])
    scores = {tag.text: tag.score for tag in tags}
    assert set(known) <= set(scores)
    one = scores["oak"] / known["oak"]
    for text, value in known.items():
        assert scores[text] == pytest.approx(value * one, abs=1e-8)


def test_tfidf_prefers_what_is_rare_among_the_products_learnt_from():
    products = [Product(str(i), f"高跟鞋 {word}", lang="zh") for i, word in enumerate(["蓝色", "红色", "真皮", "夏季"])]
    tags = create("tfidf").fit(products).predict(["高跟鞋 帆布"])[0]
    assert texts(tags) == ["帆布", "高跟鞋"]


def test_yake_gives_the_english_keywords_of_the_library():
    text = "Emerald satin dress, bias cut. Pure mulberry silk with a cowl neck. The satin dress for a wedding guest."
    expected = [word.lower() for word, _ in yake.KeywordExtractor(lan="en", n=3, top=10).extract_keywords(text)]
    tags = create("yake").fit(TRAIN).predict([Product("1", text, lang="en")])[0]
    assert sorted(texts(tags)) == sorted(expected)


def test_yake_reads_chinese_words_of_two_characters():
    tags = create("yake").fit(TRAIN).predict(["蓝色高跟鞋，真皮高跟鞋。夏季透气高跟鞋！"])[0]
    assert {"高跟鞋", "蓝色", "夏季"} <= set(texts(tags))
    assert len(next(tag for tag in tags if tag.text == "高跟鞋").spans) == 3


@pytest.mark.parametrize(
    ("name", "params"),
    [("textrank", {"top": 0.0}), ("singlerank", {"max_words_zh": 0}), ("tfidf", {"max_words_zh": 0})],
)
def test_senseless_parameters_are_named(name, params):
    with pytest.raises(BadInput, match=name):
        create(name, **params).fit(TRAIN).predict(["蓝色高跟鞋"])
