"""Texts for the tests of cleaning and segmentation."""

from __future__ import annotations

import random

import pytest

# fmt: off
PIECES = (
    "包邮", "【", "】", "正品", "高跟鞋", "女鞋連衣裙", "瞭解", "乾", "坤", "清仓",
    "特价", "(", ")", "鞋", "拉", "级", "米", "色", "ML", "毫升", "500", "g", "克", "升", "m",
    "wi-fi", "İ", "ß", "Ａ", "①", "½", "㎏", "ﷺ", "é", "e\u0301", "J\u030c", " ", "  ", "\n", "\r\n",
    "\u200b", "\ufeff", "\ud800", "\x86", "\x00", "\ufffd", "한", "\u1112\u1161\u11ab", "ｶ", "ﾞ",
    "&amp;", "&nbsp;", "&#x3000;", "<b>", "</b>", "<br/>", "!!!", "~", "，", ".", "-", "'", "’", "%",
    "+", "&", "http://a.b/c", "👠", "👩\u200d👩\u200d👧", "1\ufe0f\u20e3", "™",
)
# fmt: on


@pytest.fixture(scope="session")
def odd_texts() -> list[str]:
    """Return 1000 random texts of the pieces above, and 1000 of any characters at all."""
    dice = random.Random(7)
    texts = ["".join(dice.choices(PIECES, k=dice.randrange(25))) for _ in range(1000)]
    return texts + ["".join(map(chr, dice.choices(range(0x11_0000), k=20))) for _ in range(1000)]
