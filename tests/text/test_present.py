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
    ],
)
def test_presence_and_places(tag, text, spans):
    assert places(tag, text) == spans
    assert is_present(tag, text) == bool(spans)
