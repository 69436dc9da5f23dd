"""Delimited text: headers, delimiters, and quotes that don't belong there."""

from __future__ import annotations

import pytest

from tagkit.datasets.columns import Columns
from tagkit.datasets.delimited import delimited_rows, find_delimiter
from tagkit.datasets.rejects import FileRow
from tagkit.errors import BadInput

is_header = Columns().is_header


def read(text: str, delimiter: str = ",") -> tuple[dict[int, dict], dict[int, str]]:
    """Return the good rows and the reasons of the others, by line."""
    rows = list(delimited_rows(text.splitlines(keepends=True), delimiter, is_header))
    return {r.line: r.values for r in rows if not r.reason}, {r.line: r.reason for r in rows if r.reason}


def titles(rows: dict[int, dict]) -> list[str]:
    return [row["title"] for row in rows.values()]


def test_a_quote_that_would_swallow_rows_costs_its_own_line():
    good, bad = read('id,title,tags\n1,"折叠伞,伞\n2,红裙,裙\n3,电视55",电视\n4,蓝裙,裙\n')
    assert titles(good) == ["红裙", '电视55"', "蓝裙"]
    assert list(bad) == [2] and "quote" in bad[2]


def test_a_quote_that_is_never_closed_costs_its_own_line():
    text = 'id,title,tags\n1,"铝架,支架\n2,键盘,键盘\n3,鼠标,鼠标\n'
    good, bad = read(text)
    assert titles(good) == ["键盘", "鼠标"] and list(bad) == [2]
    rows = list(delimited_rows(text.splitlines(keepends=True), ",", is_header))
    assert rows[0] == FileRow(2, '1,"铝架,支架', "a quote opens in it and is not closed")
    long = text + "".join(f"{n},商品{n},标签\n" for n in range(4, 30_000))
    assert len(read(long)[0]) == 29_998


def test_several_stray_quotes_between_rows_with_proper_quotes():
    good, bad = read('id,title,tags\n1,"a,x\n2,"b, c",y\n3,"d,z\n4,"e ""f""",y\n5,g,y\n6,"h"i,y\n')
    assert titles(good) == ["b, c", 'e "f"', "g"] and list(bad) == [2, 4, 7]


def test_quoted_fields_may_span_lines():
    good, bad = read(
        'id,title,tags\n1,"two\nlines",a\n2,"with, commas\nand ""quotes""\n\nand, more, of, them",b\n3,c,c\n'
    )
    assert titles(good) == ["two\nlines", 'with, commas\nand "quotes"\n\nand, more, of, them', "c"] and not bad
    assert list(good) == [2, 4, 8]
    good, bad = read('title,tags\n"Nice, soft\nwarm, cosy",a\nb,b\n')
    assert titles(good)[-1] == "b"
    good, bad = read('id,title,tags\n1,"Nice, soft\nwarm, cosy",a\n2,b,b\n')
    assert titles(good) == ["Nice, soft\nwarm, cosy", "b"] and not bad


def test_wrong_numbers_of_fields():
    good, bad = read("title,tags\na,b,c\nd\n\ne,f,,\n,\n")
    assert good[5] == {"title": "e", "tags": "f"} and titles(good) == ["e", ""]
    assert bad == {2: "3 fields where the header has 2", 3: "1 fields where the header has 2"}
    assert titles(read('title\na, b\n"c, d"\n')[0]) == ["a, b", "c, d"], "a comma in the only column is text"


def test_lines_above_the_header_and_names_that_occur_twice():
    good, _ = read("version 1.00\ntitle\ttags\ttags\na\tb\tc\n", "\t")
    assert good == {3: {"title": "a", "tags": "b", "tags (2)": "c"}}
    good, _ = read("sep=;\n标题;标签\na;b\n", ";")
    assert good == {3: {"标题": "a", "标签": "b"}}


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["id,title,tags\n"], ","),
        (["id;title;tags\n"], ";"),
        (["id\ttitle\ttags\n"], "\t"),
        (["商品名称|标签\n"], "|"),
        (["sep=;\n", "title;tags\n"], ";"),
        (["title\n"], ","),
        (["a,b,c\n"], None),
        ([], None),
    ],
)
def test_the_delimiter_is_that_of_the_header(lines, delimiter):
    assert find_delimiter(lines, is_header) == delimiter


def test_a_delimiter_is_one_character():
    with pytest.raises(BadInput, match="`delimiter` must be one character"):
        read("title\n", "||")
