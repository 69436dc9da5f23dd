"""What all keyphrase strategies share: how they read a text, write tags and rank them."""

from __future__ import annotations

import random
import time
from typing import get_args

import pytest

from tagkit.datasets import load, store
from tagkit.errors import BadInput
from tagkit.measures import parse
from tagkit.phrases.base import English
from tagkit.product import Product
from tagkit.taggers import Tagger, create
from tagkit.text.clean import clean
from tagkit.text.stems import stems

RANKERS = [
    "firstphrases",
    "kpminer",
    "multipartiterank",
    "positionrank",
    "singlerank",
    "textrank",
    "tfidf",
    "topicrank",
]
NAMES = [*RANKERS, "yake"]
TRAIN = [
    Product("1", "这是一款红色的平底鞋", lang="zh", tags=("平底鞋", "红色", "鞋子")),
    Product("2", "优雅蓝色高跟鞋 女", lang="zh", tags=("高跟鞋", "蓝色", "女")),
    Product("3", "森霓牌云朵鞋 夏季透气", lang="zh", tags=("云朵鞋", "夏季")),
    Product("4", "Red leather bag with a gold chain", lang="en", tags=("bag", "leather")),
    Product("5", "Blue cotton dress for the summer", lang="en", tags=("dress",)),
]
PAPER = Product(
    "1",
    "Random graphs and large networks",
    "A random graph is a simple model of large networks. Networks, models and random graphs are studied.",
    lang="en",
)


@pytest.fixture(scope="module", params=NAMES)
def fitted(request):
    """Each strategy without a limit; TextRank with all words, not its best third."""
    return make(request.param).fit(TRAIN)


def make(name, **params):
    everything = {"limit": None} | ({"top": 1.0} if name == "textrank" else {})
    return create(name, **everything | params)


def texts(tags):
    return [tag.text for tag in tags]


# ---------------------------------------------------------------- tags


@pytest.mark.parametrize(
    ("product", "word", "count"),
    [
        (
            Product("a", "【包邮】優雅ＢＬＵＥ藍色高跟鞋&nbsp;女士高跟鞋 500", "鞋跟不高，上班。高跟鞋", lang="zh"),
            "高跟鞋",
            3,
        ),
        (
            Product("b", "RED Leather Bag, gold&amp;silver", "A red leather bag for the <b>office</b>.", lang="en"),
            "bag",
            2,
        ),
    ],
    ids=["zh", "en"],
)
def test_spans_are_all_places_in_the_original_text(fitted, product, word, count):
    [tags] = fitted.predict([product])
    for tag in tags:
        assert tag.spans
        for span in tag.spans:
            assert clean(product.text[span.start : span.end]).text.split() == tag.text.split()
    assert [len(tag.spans) for tag in tags if word in tag.text.split()][:1] == [count]


def test_scores_decrease_from_one(fitted):
    for tags in fitted.predict(["优雅蓝色高跟鞋 夏季新款云朵鞋", "Red leather bag with a gold chain and blue cotton"]):
        scores = [tag.score for tag in tags]
        assert scores[0] == 1
        assert scores == sorted(scores, reverse=True)
        assert min(scores) >= 0
        assert {tag.source for tag in tags} == {fitted.name}
        assert len(set(texts(tags))) == len(tags)


def test_punctuation_numbers_and_stop_words_give_nothing(fitted):
    assert fitted.predict(["!!! 12345 ???", "😀😀", "的 了", "的 123 !!"]) == [[], [], [], []]


def test_phrases_end_at_stop_words_and_line_breaks(fitted):
    [tags] = fitted.predict([Product("x", "Sturdy walnut desk with drawer", "Quiet chair, soft cushion", lang="en")])
    assert tags
    for text in texts(tags):
        assert "desk drawer" not in text and "drawer quiet" not in text and "chair soft" not in text
    inside = {word for text in texts(tags) for word in text.split()} & {"with", "the"}
    assert inside == ({"with"} if fitted.name == "yake" else set()), "only YAKE allows stop words within a phrase"


@pytest.mark.parametrize("name", NAMES)
def test_limit(name):
    title = "秋季女鞋高跟鞋细跟尖头单鞋真皮鞋子蓝色优雅气质职业工作皮鞋"
    everything = create(name, limit=None).fit(TRAIN).predict([title])[0]
    assert create(name, limit=2).fit(TRAIN).predict([title])[0] == everything[:2]
    assert len(everything) > 2


# ---------------------------------------------------------------- known tags


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
    chinese, english = make(name).fit(train).predict(["红色t恤 T恤", "gold, velvet with fringe"])
    assert "T恤" in texts(chinese)
    assert "VELVET" in texts(english) and "velvet" not in texts(english)


def test_a_known_tag_of_one_character_is_a_candidate():
    known, unknown = create("tfidf").fit(TRAIN), create("tfidf", tag_words=False).fit(TRAIN)
    assert "女" in texts(known.predict(["女 高跟鞋"])[0])
    assert "女" not in texts(unknown.predict(["女 高跟鞋"])[0])


# ---------------------------------------------------------------- how texts are read


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_very_long_title_is_read_to_its_end_in_short_time(fitted, lang):
    rng = random.Random(3)
    pool = {
        "zh": ["真皮", "高跟鞋", "蓝色", "夏季", "透气", "帆布", "双肩包", "婴儿", "玻璃杯", "咖啡机", "的", "，"],
        "en": [f"{a}{b}" for a in ("wood", "blue", "soft", "glass") for b in ("table", "lamp", "chair", "bowl")]
        + ["of"],
    }[lang]
    separator, last = ("", "平底鞋") if lang == "zh" else (" ", "umbrella")
    words = separator.join(rng.choice(pool) for _ in range(6000))[: 10_000 - len(last) - 2]
    title = f"{words}。\n{last}" if lang == "zh" else f"{words}\n{last}"
    start = time.process_time()
    [tags] = fitted.predict([Product("long", title, lang=lang)])
    assert time.process_time() - start < 6
    assert fitted.n_truncated_chars([title]) == [0]
    assert len(title) in {span.end for tag in tags for span in tag.spans}


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Hardside Luggage with Wheels 时尚登机箱", {"登机箱"}),
        ("Soft 真皮拉杆箱 with cushions", {"真皮", "拉杆箱"}),
        ("Bluetooth-耳机 for running and cycling", {"耳机"}),
    ],
)
def test_chinese_words_of_an_english_text_stand_alone(fitted, title, words):
    [tags] = fitted.predict([Product("1", title, lang="en")])
    chinese = {tag.text for tag in tags if not tag.text.isascii()}
    assert words <= chinese and all(len(text) < 4 for text in chinese), texts(tags)


@pytest.mark.parametrize(
    "title",
    [
        "羽绒服 shop@example.com",
        "羽绒服 www.shop.example.com",
        "羽绒服,shop.example.com/a?b=c",
        "羽绒服&lt;b&gt;&amp;nbsp;",
    ],
)
def test_addresses_and_escaped_markup_give_nothing(fitted, title):
    assert texts(fitted.predict([title])[0]) == ["羽绒服"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_numbers_are_not_cut(fitted, lang):
    [tags] = fitted.predict([Product("1", "steel bottle 1.5L 饮用水 1,500ml .5oz", lang=lang)])
    assert not {"5l", "500ml", "5oz", "1"} & {word for text in texts(tags) for word in text.split()}


@pytest.mark.parametrize("title", ["İİ 羽绒服 leather bag", "ﬁne 羽绒服 ẞ leather bag"])
def test_places_hold_where_letters_grow(fitted, title):
    for lang in ("zh", "en"):
        for tag in fitted.predict([Product("1", title, lang=lang)])[0]:
            assert all(clean(title[span.start : span.end]).text.split() == tag.text.split() for span in tag.spans)


@pytest.mark.parametrize("pos_filter", [True, False])
def test_the_filter_by_part_of_speech(pos_filter):
    found = texts(create("tfidf", pos_filter=pos_filter).fit(TRAIN).predict(["这款高跟鞋非常舒适，可以奔跑"])[0])
    assert "高跟鞋" in found and ("奔跑" in found) == (not pos_filter)


@pytest.mark.parametrize(
    ("name", "params"),
    [("singlerank", {"max_words_zh": 0}), ("tfidf", {"max_words_zh": 0}), ("yake", {"max_words_zh": 0})],
)
def test_a_phrase_has_at_least_one_word(name, params):
    with pytest.raises(BadInput, match=f"{name}: max_words_zh must be at least 1, not 0"):
        create(name, **params).fit(TRAIN).predict(["蓝色高跟鞋"])


def test_words_with_one_stem_count_as_one():
    options = {"limit": None, "tag_words": False, "max_words": 1}
    plain, stemmed = (
        create("tfidf", english=english, **options).fit([PAPER]).predict([PAPER])[0] for english in ("words", "stems")
    )
    assert {"graphs", "graph", "networks", "model", "models"} <= set(texts(plain))
    assert {"graphs", "networks"} <= set(texts(stemmed)) and not {"graph", "models"} & set(texts(stemmed))
    graphs = next(tag for tag in stemmed if tag.text == "graphs")
    assert [PAPER.text[span.start : span.end] for span in graphs.spans] == ["graphs", "graph", "graphs"]


@pytest.mark.parametrize("name", NAMES)
def test_english_is_read_in_one_of_three_ways(name):
    assert get_args(English) == ("words", "stems", "noun phrases")
    # YAKE finds English words itself and reads the parameter for Chinese texts only.
    product = Product("zh", "蓝色高跟鞋", lang="zh") if name == "yake" else PAPER
    with pytest.raises(BadInput, match=f"{name}: english must be one of words, stems, noun phrases, not 'nouns'"):
        create(name, english="nouns").fit(TRAIN).predict([product])


@pytest.mark.parametrize("name", RANKERS)
def test_stems_do_not_change_chinese(name):
    products = [Product("zh", "蓝色高跟鞋 running shoes 女士", lang="zh")]
    first, second = (create(name, english=english).fit(TRAIN).predict(products) for english in ("words", "stems"))
    assert first == second and first[0]


@pytest.mark.parametrize("name", NAMES)
def test_noun_phrases_and_their_places(name, english_model, tmp_path):
    products = [PAPER, Product("b", "<b>New results</b>", "on Optical Flow &amp; 3D models", lang="en")]
    more = {"top": None} if name == "textrank" else {}
    tagger = create(name, english="noun phrases", limit=None, tag_words=False, **more).fit([PAPER])
    batch = tagger.predict(products)
    assert "random graphs" in texts(batch[0])
    # In TopicRank "large networks" represents the topic of "networks".
    assert ("networks" in texts(batch[0])) == (name != "topicrank")
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


def test_the_part_of_speech_tagger_sees_a_full_stop_after_the_title(english_model):
    document = create("firstphrases", english="noun phrases").fit(TRAIN).read(PAPER)
    stop = next(word for word in document.words if word.form == ".")
    assert PAPER.text[stop.start : stop.end] == "\n" and not stop.keep
    kept = [word for word in document.words if word.keep]
    assert len(kept) > 8
    assert all(document.clean.text[w.start : w.end].lower().startswith(w.form[:3]) for w in kept)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "params", "published"),
    [("firstphrases", {}, (24.04, 28.61)), ("textrank", {"top": None, "ties": "last"}, (27.07, 34.20))],
)
def test_inspec_as_published(name, params, published, public_data, english_model):
    if not store.is_here(["keyphrase_liaad/Inspec.zip"]):
        pytest.skip("Inspec is not in TAGKIT_DATA")
    data = load("inspec")
    tagger = create(name, english="noun phrases", max_words=None, tag_words=False, **params).fit(data.train)
    tags, gold = tagger.predict(data.test), [product.tags for product in data.test]
    for k, score in zip((5, 10), published, strict=True):
        assert 100 * parse(f"F1(match=stems,short=own)@{k}")(tags, gold) == pytest.approx(score, abs=0.5)
