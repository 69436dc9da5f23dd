"""Cleaning, language, segmentation and n-grams."""

from __future__ import annotations

import importlib
import marshal
import random
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tagkit.errors import BadInput, UnknownName
from tagkit.product import Product, Span
from tagkit.text import (
    DEFAULT,
    STEPS,
    CleanText,
    Segmenter,
    clean,
    detect,
    is_stopword,
    language_of,
    without,
)

PIECES = (
    *(
        "包邮",
        "【",
        "】",
        "正品",
        "高跟鞋",
        "女鞋連衣裙",
        "瞭解",
        "乾",
        "坤",
        "清仓",
        "特价",
        "(",
        ")",
        "鞋",
        "拉",
        "级",
        "米",
        "色",
    ),
    *(
        "ML",
        "毫升",
        "500",
        "g",
        "克",
        "升",
        "m",
        "wi-fi",
        "İ",
        "ß",
        "Ａ",
        "①",
        "½",
        "㎏",
        "ﷺ",
        "é",
        "e\u0301",
        "J\u030c",
    ),
    *(
        " ",
        "  ",
        "\n",
        "\r\n",
        "\u200b",
        "\ufeff",
        "\ud800",
        "\x86",
        "\x00",
        "\ufffd",
        "한",
        "\u1112\u1161\u11ab",
        "ｶ",
        "ﾞ",
    ),
    *(
        "&amp;",
        "&nbsp;",
        "&#x3000;",
        "<b>",
        "</b>",
        "<br/>",
        "!!!",
        "~",
        "，",
        ".",
        "-",
        "'",
        "’",
        "%",
        "+",
        "&",
        "http://a.b/c",
    ),
    *("👠", "👩\u200d👩\u200d👧", "1\ufe0f\u20e3", "™"),
)


def ordinary_and_odd(count: int) -> list[str]:
    """Random strings of the pieces above, and of any characters at all."""
    dice = random.Random(7)
    texts = ["".join(dice.choices(PIECES, k=dice.randrange(25))) for _ in range(count)]
    return texts + ["".join(map(chr, dice.choices(range(0x11_0000), k=20))) for _ in range(count)]


TEXTS = ordinary_and_odd(1000)


def check_map(given: CleanText, original: str) -> None:
    assert given.original == original
    if given.offsets is None:
        assert len(given.text) == len(original)
    else:
        assert len(given.offsets) == len(given.text)
        assert all(0 <= start < end <= len(original) for start, end in given.offsets)
        for (start, end), (next_start, next_end) in pairwise(given.offsets):
            assert start <= next_start and end <= next_end
    whole = given.to_original(0, len(given.text))
    assert 0 <= whole.start <= whole.end <= len(original)


@pytest.mark.parametrize("name", STEPS)
def test_each_step_keeps_the_map_and_says_what_it_does(name: str) -> None:
    for text in TEXTS:
        check_map(STEPS[name](CleanText(text, text)), text)
    assert (STEPS[name].__doc__ or "").partition("\n")[0].endswith(".")


def test_the_chain_keeps_the_map_and_finds_nothing_more_to_do_the_second_time() -> None:
    for text in TEXTS:
        once = clean(text)
        check_map(once, text)
        assert clean(once.text).text == once.text, text
        assert clean(text, list(STEPS)) == once, text  # The short cut for common characters changes nothing.


def test_nfkc_is_that_of_unicode() -> None:
    for text in TEXTS:
        assert STEPS["nfkc"](CleanText(text, text)).text == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("【包邮】正品 NIKE/耐克 女鞋!!! 500ML", "nike 耐克 女鞋 500ml"),
        ("红&amp;白&nbsp;鞋<br/>&#x9ad8;跟 &amp;nbsp;", "红 白 鞋 高跟"),
        ("<S码>鞋 <高级>", "s码 鞋 高级"),
        ("ＡＢＣ１２３\u3000㎏ ﾊﾟﾝ ﬁ", "abc123kg パン fi"),
        ("新款連衣裙 瞭解 乾淨 乾隆", "新款连衣裙 了解 干净 乾隆"),
        ("高\u200b跟\ufeff鞋\x86女", "高跟鞋 女"),
        ("a👠b 👩\u200d👩\u200d👧 1\ufe0f\u20e3 Nike™", "a b 1 nike"),
        ("http://a.com/x?y=1鞋 www.a.com/包", "鞋 包"),
        ("H&M Wi-Fi men’s 100%棉 3+1 衬衫+裤子 中-长 1.5,2.0.", "h&m wi-fi men's 100%棉 3+1 衬衫 裤子 中 长 1.5 2.0"),
        (
            "500ML 500毫升 500 ml 1.5L 1.5升 2公斤 3千克 5克 10厘米 5mm 3米",
            "500ml 500ml 500ml 1.5l 1.5l 2kg 3kg 5g 10cm 5mm 3m",
        ),
        (
            "1克拉 2017升级版 5米色 5g手机 12寸 2017 L'Oreal 15毫",
            "1克拉 2017升级版 5米色 5g手机 12寸 2017 l'oreal 15毫",
        ),
        ("斜挎包邮差包 独特价值 正品质 促销台 (包邮,热卖) [转卖]", "斜挎包邮差包 独特价值 正品质 促销台"),
        ("", ""),
        (" \t\n ", ""),
        ("\ud800", ""),
    ],
)
def test_clean(given: str, expected: str) -> None:
    assert clean(given).text == expected


def test_spans_lead_back_to_what_stood_there() -> None:
    given = "【包邮】Ａ款&amp;連衣裙 500 毫升"
    cleaned = clean(given)
    for word, source in (("连衣裙", "連衣裙"), ("a款", "Ａ款"), ("500ml", "500 毫升")):
        at = cleaned.text.index(word)
        span = cleaned.to_original(at, at + len(word))
        assert given[span.start : span.end] == source


def test_places_between_characters_and_beyond_the_text() -> None:
    assert clean("红鞋").to_original(0, 1) == Span(0, 1)
    assert clean("  红").to_original(1, 1) == Span(3, 3)
    assert clean("   ").to_original(0, 0) == Span(0, 0)
    for start, end in ((0, 3), (-1, 1), (2, 1)):
        with pytest.raises(BadInput):
            clean("红鞋").to_original(start, end)


def test_title_and_description_are_not_glued() -> None:
    product = Product("1", "红色高跟", "鞋子 500\nml")
    assert clean(product.text).text == "红色高跟\n鞋子 500\nml"
    tokens = Segmenter(["高跟鞋"]).tokens("高跟\n鞋", "zh")
    assert not any(token.start < 2 < token.end for token in tokens)


@pytest.mark.parametrize(
    "text", ["鞋👠 <b>" * 2000, "(" + "清仓特价" * 2500, "é" * 10_000, "ﬁ連" * 5000, "<!--" * 2500]
)
def test_long_texts_take_no_long_time(text: str) -> None:
    begin = time.process_time()
    check_map(clean(text), text)
    assert time.process_time() - begin < 2


def test_steps_are_chosen_by_name() -> None:
    assert clean("ＡＢ &amp; 【包邮】", ["nfkc"]).text == "AB &amp; 【包邮】"
    with pytest.raises(UnknownName, match="there are: html"):
        clean("a", ["spelling"])


def test_steps_can_be_left_out() -> None:
    assert clean("Ａ【包邮】", without(["case", "noise"])).text == "A 包邮"
    assert without([]) == DEFAULT and without(["case"], ["nfkc", "case"]) == ("nfkc",)
    with pytest.raises(UnknownName, match="no cleaning step is called 'spelling'"):
        without(["spelling"])


@pytest.mark.data
def test_a_usual_title_takes_at_most_nine_times_as_long_as_the_least_that_one_would_do(public_data: Path) -> None:
    """Where the bar of 15 microseconds was set, the least takes 1.6: a slower machine is slower at both."""
    path = public_data / "taobao_ner" / "train.txt"
    if not path.is_file():
        pytest.skip("taobao_ner is not in TAGKIT_DATA")
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    titles = ["".join(line[:1] for line in block.split("\n")) for block in blocks if block.strip()]
    marks = re.compile(r"[^\w\s]+")

    def least(title: str) -> str:
        return " ".join(marks.sub(" ", unicodedata.normalize("NFKC", title).lower()).split())

    def seconds(function: Callable[[str], object]) -> float:
        begin = time.process_time()
        for title in titles:
            function(title)
        return time.process_time() - begin

    clean("連")  # Loads the converter.
    ours, others = zip(*[(seconds(clean), seconds(least)) for _ in range(7)], strict=True)
    assert min(ours) < 9 * min(others)


def test_language() -> None:
    assert detect("Nike 耐克 air force 女鞋") == "zh"
    assert detect("Xiaomi 小米 wireless headphones with noise cancelling") == "en"
    assert detect("café crème") == "en"
    assert language_of(Product("1", "高跟鞋", lang="en")) == "en"
    assert language_of(Product("1", "Shoes", "这是一款蓝色的高跟鞋")) == "zh"


def words(text: str, lang: str = "zh", known: tuple[str, ...] = ()) -> list[str]:
    tokens = Segmenter(known).tokens(text, lang)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    return [token.text for token in tokens]


def test_user_words_win_and_stay_with_their_segmenter() -> None:
    title = "红色高跟鞋收腰显瘦 NIKE女鞋"
    assert words(title, known=("高跟鞋", "收腰显瘦", "收腰", "Nike")) == ["红色", "高跟鞋", "收腰显瘦", "NIKE", "女鞋"]
    assert "收腰显瘦" not in words(title)
    assert words("a bored red fox", "en", ("red",)) == ["a", "bored", "red", "fox"]


def test_english_words() -> None:
    assert words("Men's wi-fi 3-in-1, (cable) 小米 1.5m!", "en") == [
        "Men's",
        "wi-fi",
        "3-in-1",
        "cable",
        "小米",
        "1.5m",
    ]


def test_parts_of_speech_are_for_chinese() -> None:
    tokens = Segmenter(["收腰显瘦"]).tokens("优雅高跟鞋收腰显瘦", "zh", pos=True)
    assert [(token.text, token.pos) for token in tokens] == [("优雅", "a"), ("高跟鞋", "n"), ("收腰显瘦", "n")]
    assert {token.pos for token in Segmenter().tokens("red shoes", "en", pos=True)} == {""}


def test_odd_texts_can_be_cut() -> None:
    for text in ("", "👠\ud800!!", *TEXTS[::20], "红鞋" * 5000):
        tokens = Segmenter(["鞋子", "红鞋"]).tokens(text, "zh")
        assert all(a.end <= b.start for a, b in pairwise(tokens))


def test_a_foreign_cache_of_jieba_changes_no_words(tmp_path: Path) -> None:
    (tmp_path / "jieba.cache").write_bytes(marshal.dumps(({"鞋": 1}, 1)))
    code = "from tagkit.text import Segmenter; print(*[t.text for t in Segmenter().tokens('优雅高跟鞋', 'zh')])"
    env = {"TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=env, capture_output=True, text=True)
    assert (run.stdout.split(), run.stderr) == (["优雅", "高跟鞋"], "")


def test_stop_words() -> None:
    for token, lang in (("的", "zh"), ("新款", "zh"), ("包邮", "zh"), ("the", "en"), ("the", "zh")):
        assert is_stopword(token, lang)
    for token, lang in (("高跟鞋", "zh"), ("包", "zh"), ("红色", "zh"), ("shoes", "en"), ("cotton", "en")):
        assert not is_stopword(token, lang)


def test_importing_loads_no_dictionary() -> None:
    code = "import sys, tagkit.text; print([m for m in ('jieba', 'opencc', 'sklearn', 'pandas') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert callable(importlib.import_module("tagkit.text.clean").clean)
