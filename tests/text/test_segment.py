"""Segmentation into words."""

from __future__ import annotations

import marshal
import random
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tagkit.text import Segmenter


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


def test_chinese_words_of_an_english_text_are_cut() -> None:
    assert words("Wheels 真皮拉杆箱 wifi-路由器 café咖啡 1,500g", "en", ("Wheels",)) == [
        "Wheels",
        "真皮",
        "拉杆箱",
        "wifi",
        "路由器",
        "café",
        "咖啡",
        "1,500g",
    ]
    tokens = Segmenter().tokens("red 优雅高跟鞋", "en", pos=True)
    assert [(token.text, token.pos) for token in tokens] == [("red", ""), ("优雅", "a"), ("高跟鞋", "n")]


def test_places_hold_where_a_letter_grows_in_lower_case() -> None:
    assert words("İİ红鞋 İx", known=("红鞋", "İx"))[-2:] == ["红鞋", "İx"]


def test_parts_of_speech_are_for_chinese() -> None:
    tokens = Segmenter(["收腰显瘦"]).tokens("优雅高跟鞋收腰显瘦", "zh", pos=True)
    assert [(token.text, token.pos) for token in tokens] == [("优雅", "a"), ("高跟鞋", "n"), ("收腰显瘦", "n")]
    assert {token.pos for token in Segmenter().tokens("red shoes", "en", pos=True)} == {""}


def test_odd_texts_can_be_cut(odd_texts: list[str]) -> None:
    for text in ("", "👠\ud800!!", *odd_texts[::20], "红鞋" * 5000):
        tokens = Segmenter(["鞋子", "红鞋"]).tokens(text, "zh")
        assert all(a.end <= b.start for a, b in pairwise(tokens))


def test_a_foreign_cache_of_jieba_changes_no_words(tmp_path: Path) -> None:
    (tmp_path / "jieba.cache").write_bytes(marshal.dumps(({"鞋": 1}, 1)))
    code = "from tagkit.text import Segmenter; print(*[t.text for t in Segmenter().tokens('优雅高跟鞋', 'zh')])"
    env = {"TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=env, capture_output=True, text=True)
    assert (run.stdout.split(), run.stderr) == (["优雅", "高跟鞋"], "")


def test_importing_loads_no_dictionary() -> None:
    code = "import sys, tagkit.text; print([m for m in ('jieba', 'opencc', 'sklearn', 'pandas') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("pos", [False, True])
@pytest.mark.parametrize("kind", ["one", "any", "any in short runs", "phrase"])
def test_long_chinese_without_words_takes_little_time(kind: str, pos: bool) -> None:
    """Ten times as long a text takes some ten times as long, also where jieba's own time grows with the square."""
    rng = random.Random(0)
    any_characters = "".join(chr(rng.randrange(0x4E00, 0x9FA6)) for _ in range(20_000))
    runs = "".join(f"{any_characters[at : at + 10]}红鞋" for at in range(0, 20_000, 10))
    text = {"one": "中" * 20_000, "any": any_characters, "any in short runs": runs, "phrase": "红鞋子高跟" * 4_000}[
        kind
    ]
    segmenter = Segmenter(["红鞋"])
    segmenter.tokens("预热", "zh", pos=pos)
    start = time.process_time()
    tokens = segmenter.tokens(text, "zh", pos=pos)
    assert time.process_time() - start < 6
    assert "".join(token.text for token in tokens) == text
    assert all(text[token.start : token.end] == token.text for token in tokens)


def test_a_long_text_is_cut_as_its_sentences_are() -> None:
    sentence = "蓝色高跟鞋女士优雅尖头细跟单鞋新款 "
    words = [token.text for token in Segmenter().tokens(sentence, "zh", pos=True)]
    assert [token.text for token in Segmenter().tokens(sentence * 100, "zh", pos=True)] == words * 100
