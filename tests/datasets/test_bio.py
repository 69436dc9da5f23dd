"""Titles with BIO labels."""

from __future__ import annotations

from tagkit.datasets.bio import entities, products, read_bio
from tagkit.product import Span


def test_bio_keeps_spaces_and_joins_mentions(tmp_path):
    file = tmp_path / "x.txt"
    lines = ["红 B-A", "  I-A", "\u3000 O", "红 B-A", "  I-A", "鞋 B-B", "", "", "鞋 I-B", "鞋 B-B", "子 I-A"]
    file.write_bytes("\r\n".join(lines).encode())
    assert [title for title, _ in read_bio(file)] == ["红 \u3000红 鞋", "鞋鞋子"]
    first, second = products(file, "x")
    assert first.tags == ("红 ", "鞋")
    assert first.annotations[0].spans == (Span(0, 2), Span(3, 5))
    assert [(tag.text, tag.type) for tag in second.annotations] == [("鞋", "B"), ("子", "A")]
    assert second.annotations[0].spans == (Span(0, 1), Span(1, 2))
    assert first.id == "x-00001"


def test_bio_decoding():
    assert entities(["UNK", "B-a", "I-a", "B-a", "I-b", "O", "I-b"]) == [
        (1, 3, "a"),
        (3, 4, "a"),
        (4, 5, "b"),
        (6, 7, "b"),
    ]
