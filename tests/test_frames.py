"""DataFrames of plain rows, and what is said without pandas."""

from __future__ import annotations

import sys

import pytest

from tagkit.errors import MissingExtra
from tagkit.frames import frame


def test_rows_and_columns():
    found = frame([["a", ["红色"]], ["b", []]], ["id", "tags"])
    assert list(found) == ["id", "tags"] and found["tags"].tolist() == [["红色"], []]
    assert list(frame([], ["id"])) == ["id"]


def test_without_pandas_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r'pip install "tagkit\[report\]"'):
        frame([], ["id"])
