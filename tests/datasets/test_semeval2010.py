"""The reader of `semeval2010`."""

from __future__ import annotations

import pytest

from tagkit.datasets import load, semeval2010, store
from tagkit.errors import BadInput


def test_semeval_parts_and_fields(public_data, sizes):
    data = load("semeval2010")
    assert {p.id for p in data.test} >= {"semeval-C-1", "semeval-H-32", "semeval-I-35", "semeval-J-32"}
    assert {p.id for p in data.train} >= {"semeval-C-41", "semeval-H-35", "semeval-I-37", "semeval-J-33"}
    paper = next(p for p in data.products if p.id == "semeval-H-63")
    assert paper.title == "Location based Indexing Scheme for DAYS"
    assert paper.category == "Information Search and Retrieval"
    assert "wireless datum dissemination" in paper.tags and "\n" not in paper.description
    assert sizes(load("semeval2010", split="all")) == [243, 0, 243]


def test_semeval_says_which_name_is_wrong(archive, monkeypatch):
    path = archive({"docsutf8/X-1.txt": "title\ntext", "keys/X-1.key": "a"})
    monkeypatch.setattr(store, "path", lambda name: path)
    with pytest.raises(BadInput, match="X-1 is not the name of a paper"):
        load("semeval2010")
    assert semeval2010.in_test("C-40") and not semeval2010.in_test("H-33")
