"""Files with one token and its label per line."""

from __future__ import annotations

import pytest

from tagkit import load_data
from tagkit.datasets.labelled_rows import labelled_rows
from tagkit.product import Span


def row(text):
    (found,) = labelled_rows(text.splitlines(keepends=True))
    assert not found.reason
    return found.values


def test_characters_are_joined_as_they_are():
    found = row("华 B-品牌\n为 I-品牌\n  O\nA B-型号\n1 I-型号\n")
    assert found["title"] == "华为 A1"
    assert [(a["text"], a["type"], a["spans"]) for a in found["annotations"]] == [
        ("华为", "品牌", [[0, 2]]),
        ("A1", "型号", [[3, 5]]),
    ]
    assert found["tags"] == ["华为", "A1"]


def test_words_are_joined_with_blanks_but_chinese_is_not():
    assert row("Acme\tNNP\tB-Brand\nCarbon\tJJ\tB-Material\nSteel\tNN\tI-Material\nmug\tNN\tO")["tags"] == [
        "Acme",
        "Carbon Steel",
    ]
    assert row("苹果 B-品牌\n手机壳 B-品类\niPhone15 B-型号")["title"] == "苹果手机壳 iPhone15"


@pytest.mark.parametrize("labels", ["B-X M-X E-X S-Y", "B-X I-X L-X U-Y", "B-X I-X I-X B-Y"])
def test_other_schemes(labels):
    found = row("\n".join(f"{char} {label}" for char, label in zip("abcd", labels.split(), strict=True)))
    assert [(a["text"], a["type"]) for a in found["annotations"]] == [("abc", "X"), ("d", "Y")]


def test_texts_comments_and_a_line_without_label():
    lines = ["-DOCSTART- O\n", "\n", "# text = ab\n", "a B-X\n", "# O\n", "\n", "\n", "c O\n", "d\n", "e O\n"]
    first, second = labelled_rows(lines)
    assert (first.line, first.values["title"], first.values["tags"]) == (4, "a#", ["a"])
    assert (second.line, second.reason) == (8, "line 9 does not end with a label such as O or B-Brand: 'd'")


def test_a_text_file_is_recognised_by_its_lines(tmp_path):
    file = tmp_path / "titles.txt"
    file.write_text("红 B-颜色\n裙 O\n\n蓝 B-颜色\n裤 O\n\n" * 5, encoding="utf-8")
    with pytest.warns(match="tokens with BIO labels"):
        data = load_data(file)
    assert {product.title for product in data.products} == {"红裙", "蓝裤"}
    assert {note.type for product in data.products for note in product.annotations} == {"颜色"}
    assert data.products[0].annotations[0].spans == (Span(0, 1),)


def test_titles_that_end_like_a_label_are_titles(tmp_path):
    file = tmp_path / "titles.txt"
    file.write_text("Vitamin B-12\nRh factor O\nVitamin C\n", encoding="utf-8")
    assert sorted(one.title for one in load_data(file).products) == ["Rh factor O", "Vitamin B-12", "Vitamin C"]
    file.write_text("Vitamin B-12\nRh factor O\n", encoding="utf-8")
    assert sorted(one.title for one in load_data(file).products) == ["Rh factor O", "Vitamin B-12"]
