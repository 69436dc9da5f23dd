"""Tables of two columns about tags: headers, delimiters, encodings, and rows that cannot be used."""

from __future__ import annotations

import gzip

import pytest

from tagkit.datasets.tag_table import TagRow, read_facets, tag_rows
from tagkit.errors import BadInput


def rows(path, content: str | bytes, value: str = "parent") -> list[TagRow]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(tag_rows(path, value))


@pytest.mark.parametrize(
    "content",
    [
        "高跟鞋\t鞋子\n\n 红色 \t颜色\n",
        "标签\t上级\n高跟鞋\t鞋子\n红色\t颜色",
        'tag;parent;note\n高跟鞋;鞋子;x\n"红色";颜色;\n',
    ],
    ids=["no header", "Chinese header", "further column"],
)
def test_a_header_may_be_missing_and_the_delimiter_is_found(tmp_path, content):
    found = rows(tmp_path / "t.csv", content)
    assert [(row.tag, row.value) for row in found] == [("高跟鞋", "鞋子"), ("红色", "颜色")]
    assert found[0].line == (1 if content.startswith("高") else 2) and found[1].line == 3


def test_commas_quotes_line_breaks_and_gzip(tmp_path):
    content = gzip.compress('\ufeff"chef\'s knife",type\r\n"red, bright",colour\r\nred,colour\r\n'.encode())
    found = rows(tmp_path / "t.csv.gz", content)
    assert [row.tag for row in found] == ["chef's knife", "red, bright", "red"] and found[2] == (3, "red", "colour")


def test_a_tag_that_is_called_tag_is_a_row_below_the_first(tmp_path):
    assert [row.tag for row in rows(tmp_path / "t.tsv", "red\tcolour\ntag\ttype\n")] == ["red", "tag"]


def test_the_encoding_is_found_and_said(tmp_path):
    text = "高跟鞋,鞋子\n红色,颜色\n连衣裙,女装\n"
    with pytest.warns(UserWarning, match="GB18030"):
        assert rows(tmp_path / "t.csv", text.encode("gb18030"))[0] == (1, "高跟鞋", "鞋子")
    assert rows(tmp_path / "t.csv", text.encode("utf-16"))[2] == (3, "连衣裙", "女装")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("红色\t颜色\n蓝色\n", "line 2: a row needs a tag and a parent, not \\['蓝色'\\]"),
        ("红色\t颜色\n蓝色\t\n", "line 2: a row needs a tag and a parent"),
        ("红色\t颜色\n\t颜色\n", "line 2: a row needs a tag and a parent"),
        ("标签\n红色\n", "line 1: a row needs a tag and a parent"),
        ("a,b\nc,d,e\n", "line 2: a row needs a tag and a parent"),
        ('a,b\n"c,d\n', "line 2: not CSV"),
        ("高跟鞋,鞋子\n红色,颜".encode() + b"\xff\n", "line 2: the parent is not valid Unicode"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path, content, said):
    with pytest.raises(BadInput, match=said):
        rows(tmp_path / "t.tsv", content)


def test_facets(tmp_path):
    path = tmp_path / "facets.tsv"
    path.write_text("tag\tfacet\nred\tcolour\nred\tcolour\nsilk\tmaterial\n", encoding="utf-8")
    assert read_facets(path) == {"red": "colour", "silk": "material"}
    path.write_text("red\tcolour\nsilk\tmaterial\nred\tmood\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"line 3: 'red' is given the facet 'mood', and 'colour' in line 1"):
        read_facets(path)
    path.write_text("tag\tfacet\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no rows"):
        read_facets(path)
    with pytest.raises(BadInput, match="no file"):
        read_facets(tmp_path / "absent.tsv")
