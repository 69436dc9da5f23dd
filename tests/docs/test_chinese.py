"""Line breaks within Chinese paragraphs are no blanks; all others stay."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "generate"))
import chinese


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("标签，\n以及分数", "标签，以及分数"),
        ("- 概率。\n  教师", "- 概率。教师"),
        ("分数，\n`span` 也是", "分数，`span` 也是"),
        ("见\n[英文页](a.md)", "见\n[英文页](a.md)"),
        ("一行 code\n中文", "一行 code\n中文"),
        ("如下：\n- 一\n- 二", "如下：\n- 一\n- 二"),
        ("如下：\n```\n甲，\n乙\n```\n", "如下：\n```\n甲，\n乙\n```\n"),
        ("一段。\n\n二段。\n\n| 甲 |\n|:--|\n| 乙 |", "一段。\n\n二段。\n\n| 甲 |\n|:--|\n| 乙 |"),
    ],
)
def test_lines_are_joined(text, shown):
    assert chinese.joined(text) == shown
