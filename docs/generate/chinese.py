"""Chinese pages: lines of a paragraph are joined without blanks between them, which Chinese does not have."""

from __future__ import annotations

import re

MARKS = "、。，；：？！（）“”…《》"
WIDE = rf"\u3400-\u9fff{MARKS}"
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_BREAK = re.compile(rf"(?<=[{WIDE}])\n[ \t]*(?=[{WIDE}])|(?<=[{MARKS}])\n[ \t]*(?=[A-Za-z\[]|`(?!``))")
"""A line break between Chinese characters, or behind a mark and before a word, a link or code of the same paragraph."""


def joined(markdown: str) -> str:
    """Return a page in which a line break within Chinese text is no blank; blocks of code stay as they are."""
    parts = _FENCE.split(markdown)
    return "".join(part if at % 2 else _BREAK.sub("", part) for at, part in enumerate(parts))
