"""The encoding of bytes, decided by marks and by the plausibility of the text."""

from __future__ import annotations

import random

import pytest

from tagkit.datasets.encoding import SAMPLE, decode, find_encoding
from tagkit.errors import BadInput

CHINESE = "id,title,tags\n1,红色连衣裙夏季,裙子;红色\n2,黑色真皮皮鞋男,鞋子\n"


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (CHINESE, "utf-8", "UTF-8"),
        (CHINESE, "utf-8-sig", "UTF-8"),
        (CHINESE, "gbk", "GB18030"),
        (CHINESE, "utf-16", "UTF-16"),
        (CHINESE, "utf-16-le", "UTF-16 (little-endian, without a mark)"),
        (CHINESE, "utf-16-be", "UTF-16 (big-endian, without a mark)"),
        ("title,tags\n女童毛帽,毛帽;女童\n", "gbk", "GB18030"),  # valid UTF-8: Ů ͯ ë ñ
        ("title\n毛毯\n", "gbk", "GB18030"),
        ("title\n純棉圓領上衣\n", "big5", "Big5"),
        ("title\n嘅啲香港嬰兒奶粉\n", "big5hkscs", "Big5"),
        ("title\n純棉圓領上衣\n", "utf-8", "UTF-8"),
        ("title,tags\nCrème brûlée – 4 ramekins,crème\n", "cp1252", "Windows-1252"),
        ("title\nGröße 42 Müller Nestlé®\n", "cp1252", "Windows-1252"),
        ("title\nCafé crème Łódź żółty niño\n", "utf-8", "UTF-8"),
        ("title\nПлатье летнее красное\n", "utf-8", "UTF-8"),
        ("title\nΕλληνικά γράμματα\n", "utf-8", "UTF-8"),
        ("title\nワンピース 👗 원피스\n", "utf-8", "UTF-8"),
        ("title\nplain\n", "ascii", "UTF-8"),
        ("", "ascii", "UTF-8"),
    ],
)
def test_the_encoding_is_found(text, encoding, name):
    found = decode(text.encode(encoding))
    assert found.text == text and str(found.encoding) == name
    assert found.encoding.certainty > 0.9
    assert bool(found.encoding.remark("x")) == (name not in ("UTF-8", "UTF-16"))


def test_one_broken_line_does_not_change_the_encoding():
    broken = "红色连衣裙\n黑色皮鞋\n白色\n".encode() + "坏行".encode("gbk")
    found = decode(broken)
    assert str(found.encoding) == "UTF-8" and found.text.splitlines()[:3] == ["红色连衣裙", "黑色皮鞋", "白色"]


def test_all_of_a_long_text_counts_and_any_cut_into_blocks_gives_the_same():
    rows = b"1,plain title,tag\n" * (3 * SAMPLE // 18)
    content = rows + "2,纯棉短袖,短袖\n".encode("gbk")
    for size in (7, 1000, SAMPLE, len(content)):
        blocks = (content[at : at + size] for at in range(0, len(content), size))
        assert find_encoding(blocks).name == "gb18030"
    chinese = "2,纯棉短袖,短袖\n".encode() * (5 * SAMPLE // 25)
    assert find_encoding([chinese, b"\xff\xff\n"]).name == "utf-8-sig"


def test_an_encoding_that_is_named_is_used():
    assert decode("純棉".encode("big5"), "big5").text == "純棉"
    assert decode(b"\xff", "utf-8").text == "\udcff"
    with pytest.raises(BadInput, match="cannot be decoded"):
        decode(b"a", "utf-99")


def test_a_guess_is_called_one():
    found = decode("ÅR".encode("cp1252"))
    assert found.encoding.certainty < 0.9 and "which is a guess" in found.encoding.remark("x.csv")


@pytest.mark.parametrize("encoding", [None, "utf-16", "UTF-16LE", "utf_32", "gb18030"])
def test_random_bytes_are_decoded_or_refused(encoding):
    for seed in range(20):
        content = random.Random(seed).randbytes(999)
        try:
            assert decode(content, encoding).text
        except BadInput as error:
            assert "cannot be decoded" in str(error)
