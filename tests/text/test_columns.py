"""Texts in columns of a terminal."""

from tagkit.text.columns import aligned, columns_of


def test_chinese_characters_take_two_columns():
    assert [columns_of(text) for text in ("", "ab", "红a", "！±")] == [0, 2, 3, 3]


def test_texts_are_aligned_at_one_side():
    assert aligned(["红", "abc"], left=True) == ["红 ", "abc"]
    assert aligned(["红", "abc"], left=False) == [" 红", "abc"]
