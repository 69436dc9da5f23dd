"""Porter stems of words and phrases."""

from __future__ import annotations

from tagkit.text.stems import stem, stems


def test_stems_of_words_and_phrases():
    assert [stem(word) for word in ("Networks", "studies", "relational", "高跟鞋", "t恤")] == [
        "network",
        "studi",
        "relat",
        "高跟鞋",
        "t恤",
    ]
    assert stems("Random  Graphs") == stems("random graph") == "random graph"
    assert stems("non-linear models (C++)") == "non-linear model ( c + + )"
    assert stems("c++") != stems("c")
