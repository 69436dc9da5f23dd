"""Cleaning: what each step does, and the map back to the original."""

from __future__ import annotations

import functools
import re
import time
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tagkit.errors import BadInput, UnknownName
from tagkit.product import Product, Span
from tagkit.text import DEFAULT, STEPS, CleanText, Segmenter, clean, without
from tagkit.text.clean import has_content


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
def test_each_step_keeps_the_map_and_says_what_it_does(name: str, odd_texts: list[str]) -> None:
    for text in odd_texts:
        check_map(STEPS[name](CleanText(text, text)), text)
    assert (STEPS[name].__doc__ or "").partition("\n")[0].endswith(".")


def test_the_chain_keeps_the_map_and_finds_nothing_more_to_do_the_second_time(odd_texts: list[str]) -> None:
    for text in odd_texts:
        once = clean(text)
        check_map(once, text)
        assert clean(once.text).text == once.text, text
        by_steps = functools.reduce(lambda given, step: step(given), STEPS.values(), CleanText(text, text))
        assert by_steps == once, text  # the shortcut for common characters changes nothing


def test_nfkc_is_that_of_unicode(odd_texts: list[str]) -> None:
    for text in odd_texts:
        assert STEPS["nfkc"](CleanText(text, text)).text == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("【包邮】正品 NIKE/耐克 女鞋!!! 500ML", "nike 耐克 女鞋 500ml"),
        ("红&amp;白&nbsp;鞋<br/>&#x9ad8;跟 &amp;nbsp;", "红 白 鞋 高跟"),
        ("<S码>鞋 <高级>", "s码 鞋 高级"),
        ("&lt;b&gt;红裙&lt;/b&gt;&amp;nbsp;新", "红裙 新"),
        ("&amp;lt;p style=&quot;x&quot;&amp;gt;红鞋&amp;amp;nbsp;&#38;lt;br/&#38;gt;帽", "红鞋 帽"),
        ("红&nbsp裙 A&nbspB H&amp;amp;M &lt;S码&gt; AT&T; &foo;", "红 裙 a b h&m s码 at&t foo"),
        ("ＡＢＣ１２３\u3000㎏ ﾊﾟﾝ ﬁ", "abc123kg パン fi"),
        ("新款連衣裙 瞭解 乾淨 乾隆", "新款连衣裙 了解 干净 乾隆"),
        ("裏布 裡布 鞋櫃 恤衫 衞生紙 枱燈 化粧 麵 麪", "里布 里布 鞋柜 恤衫 卫生纸 台灯 化妆 面 面"),
        ("原著 顯著 什么", "原著 显著 什么"),
        ("高\u200b跟\ufeff鞋\x86女", "高跟鞋 女"),
        ("a👠b 👩\u200d👩\u200d👧 1\ufe0f\u20e3 Nike™", "a b 1 nike"),
        ("2\ufe0f\u20e30\ufe0f\u20e3件 5\ufe0f\u20e3折 1\ufe0f\u20e3Warm", "20件 5折 1 warm"),
        ("http://a.com/x?y=1鞋 www.a.com/包", "鞋 包"),
        ("羽绒服 shop@example.com", "羽绒服"),
        ("裙Shop_1@mail.example.co.uk，见example.com/帽?a=1 shop.example.com.cn鞋", "裙 见 帽 a 1 鞋"),
        ("node.js v1.2.3 bag.top ＷＷＷ．Ａ．ＣＮ ftp://a/b", "node js v1.2.3 bag top"),
        ("1,500ml 1,50 .5 oz 水.", "1,500ml 1 50 0.5 oz 水"),
        ("İstanbul STRASSE Straße", "istanbul strasse straße"),
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


def test_what_is_left_of_a_text_without_content_is_no_word(odd_texts: list[str]) -> None:
    for text in (*odd_texts, "【包邮】", "。!!", "www.shop.com", "1", ".5", "红"):
        assert has_content(text) == any(map(str.isalnum, clean(text).text)), text
    assert has_content(".5") and not has_content("【包邮】www.shop.com 👠")


def test_spans_lead_back_to_the_original() -> None:
    given = "İ【包邮】Ａ款&amp;連衣裙 &lt;b&gt;ﬁt 500 毫升 .5L"
    cleaned = clean(given)
    for word, source in (("连衣裙", "連衣裙"), ("a款", "Ａ款"), ("500ml", "500 毫升"), ("fit", "ﬁt"), ("0.5l", ".5L")):
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


def test_no_phrase_spans_title_and_description() -> None:
    product = Product("1", "红色高跟", "鞋子 500\nml")
    assert clean(product.text).text == "红色高跟\n鞋子 500\nml"
    tokens = Segmenter(["高跟鞋"]).tokens("高跟\n鞋", "zh")
    assert not any(token.start < 2 < token.end for token in tokens)


@pytest.mark.parametrize(
    "text",
    ["&#" * 30_000 + "49;" + "9;" * 30_000, "鞋👠 <b>" * 2000, "(" + "清仓特价" * 2500, "é" * 10_000, "ﬁ連" * 5000]
    + [mark * (100_000 // len(mark)) for mark in ("<!--", "<script>", "<style x>", "<!--<style>", "<a ", "&#1")],
)
def test_long_texts_take_little_time(text: str) -> None:
    begin = time.process_time()
    check_map(clean(text), text)
    assert time.process_time() - begin < 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a<!-- <b> -->b<!-- c", "a b<!-- c"),
        ("a<SCRIPT>x</script >b<script>c<!--d-->e", "a b<script>c e"),
        ("<style>a</script>b</style>c", " c"),
        ("<!--a-->b<!-->c", " b<!-->c"),
    ],
)
def test_what_has_no_end_is_no_markup(text: str, expected: str) -> None:
    given = clean(text, ["html"])
    check_map(given, text)
    assert given.text == expected


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
    """The budget is 15 microseconds on a machine where the least takes 1.6; a slower machine is slower at both."""
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

    clean("連")  # loads the converter
    ours, others = zip(*[(seconds(clean), seconds(least)) for _ in range(7)], strict=True)
    assert min(ours) < 9 * min(others)
