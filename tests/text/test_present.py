"""Whether and where a tag is present in a text."""

from __future__ import annotations

import pytest

from tagkit.text import is_present
from tagkit.text.present import places


@pytest.mark.parametrize(
    ("tag", "text", "spans"),
    [
        ("red", "Red, bored RED", [(0, 3), (11, 14)]),
        ("高跟", "高跟鞋 高跟", [(0, 2), (4, 6)]),
        ("T恤", "白t恤", [(1, 3)]),
        ("T恤", "at恤", []),
        ("aa", "aaa", []),
        ("哈哈", "哈哈哈", [(0, 2)]),
        ("c++", "C++ c++x", [(0, 3), (4, 7)]),
        ("red", "İ red", [(2, 5)]),
        ("istanbul", "İSTANBUL İ", [(0, 8)]),
        ("İ包", "x i包", [(2, 4)]),
        ("5L", "饮用水1.5L", []),
        ("5L", "饮用水5L 1.5L", [(3, 5)]),
        ("5L", "饮用水１．５Ｌ", []),
        ("5 oz", ".5 oz or 2 .5 oz, 5 oz", [(18, 22)]),
        (".5L", "1.5L", []),
        ("1", "1.5", []),
        ("1.5", "1.55", []),
        ("50", "1,500", []),
        ("500", "1,500", []),
        ("1", "1,500", []),
        ("1,500", "1,500克", [(0, 5)]),
        ("36", "36,37,38码", [(0, 2)]),
        ("37", "36,37,38码", [(3, 5)]),
        ("2-3", "12-3", []),
        ("2-3", "2-3.5 2-3岁", [(6, 9)]),
        ("A10", "A100 XA10 A10", [(10, 13)]),
        ("500ml", "500mlx 1500ml 500ml装", [(14, 19)]),
        ("caf", "café", []),
        ("5", "No.5 香水", [(3, 4)]),
    ],
)
def test_presence_and_places(tag, text, spans):
    assert places(tag, text) == spans
    assert is_present(tag, text) == bool(spans)
