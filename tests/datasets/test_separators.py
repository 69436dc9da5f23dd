"""What separates the tags of a cell, decided on the column."""

from __future__ import annotations

import pytest

from tagkit.datasets.separators import as_list, find, given, split


def cut(*cells: str | tuple[str, str]) -> list[list[str]]:
    pairs = [cell if isinstance(cell, tuple) else (cell, "") for cell in cells]
    found = find(pairs)
    return [split(cell, found.chars) for cell, _ in pairs]


@pytest.mark.parametrize("separator", [";", "；", "、", "，", ",", "|", "/", "#", "\n"])
def test_separators_are_found(separator):
    cells = [f"连衣裙{separator}雪纺", f"牛仔裤{separator}加绒{separator}显瘦", f"连衣裙{separator}碎花"]
    assert cut(*cells) == [["连衣裙", "雪纺"], ["牛仔裤", "加绒", "显瘦"], ["连衣裙", "碎花"]]
    remark = find([(cell, "") for cell in cells]).remark
    assert bool(remark) == (separator not in ";；") and ("3 of 3 cells" in remark) == bool(remark)


def test_blanks_separate_chinese_tags():
    assert cut("连衣裙 碎花 夏季", "衬衫　纯棉", "裤子") == [["连衣裙", "碎花", "夏季"], ["衬衫", "纯棉"], ["裤子"]]
    assert "blanks in 2 of 3 cells" in find([("连衣裙 碎花", ""), ("衬衫 纯棉", ""), ("裤子", "")]).remark
    assert cut("running shoes", "high heels", "rain coat") == [["running shoes"], ["high heels"], ["rain coat"]]
    assert cut("高跟鞋;蓝色 女", "男鞋;白色") == [["高跟鞋", "蓝色 女"], ["男鞋", "白色"]]


def test_a_single_row_is_judged_by_its_text():
    assert cut(("连衣裙、雪纺", "雪纺连衣裙")) == [["连衣裙", "雪纺"]]
    assert cut(("T恤/polo", "男T恤/polo衫")) == [["T恤/polo"]]
    assert cut(("Shirt, long-sleeved", "Shirt, long-sleeved, blue")) == [["Shirt, long-sleeved"]]


def test_a_rare_character_separates_nothing_but_is_told():
    cells = [("T恤/polo", "男T恤polo衫"), ("裤子", ""), ("裙子;红", ""), ("鞋", ""), ("3/4袖", "")]
    assert cut(*cells) == [["T恤/polo"], ["裤子"], ["裙子", "红"], ["鞋"], ["3/4袖"]]
    assert "/ (in 2 of 5 cells)" in find(cells).advice and not find(cells).remark
    assert cut("Shirt, long-sleeved", "Trousers", "Hat", "Socks")[0] == ["Shirt, long-sleeved"]
    assert cut("C#", "Java", "C#") == [["C#"], ["Java"], ["C#"]]
    assert cut(*[("T恤/polo", "polo T恤")] * 3, "裤", "鞋", "裙", "帽")[0] == ["T恤/polo"]


def test_a_rare_separator_is_found_where_its_pieces_are_tags_elsewhere():
    cells = ["连衣裙", "雪纺", "碎花", "牛仔裤", "鞋", "帽", "袜", "连衣裙、雪纺", "碎花、连衣裙"]
    assert cut(*cells)[-2:] == [["连衣裙", "雪纺"], ["碎花", "连衣裙"]]


def test_two_separators_and_hash_tags():
    assert cut("连衣裙、雪纺，夏季", "牛仔裤、夏季，黑色")[0] == ["连衣裙", "雪纺", "夏季"]
    assert cut("#连衣裙 #碎花", "#牛仔裤 #显瘦") == [["连衣裙", "碎花"], ["牛仔裤", "显瘦"]]
    assert cut("T恤/polo、夏", "T恤/polo、男", "裤、男") == [["T恤/polo", "夏"], ["T恤/polo", "男"], ["裤", "男"]]


def test_lists_in_cells():
    cells = ['["连衣裙", "碎花"]', "['a, b', 'c']", "['a' 'b']", "('x',)", "[]", "{'y'}"]
    assert cut(*cells) == [["连衣裙", "碎花"], ["a, b", "c"], ["a", "b"], ["x"], [], ["y"]]
    assert "lists in 6 of 6 cells" in find([(cell, "") for cell in cells]).remark
    for text in ("[红色]", "{a}", "(大)", "[[1]]", "[" * 1000 + "]" * 1000, "红"):
        assert as_list(text) is None


def test_a_separator_that_is_named():
    assert split("a, b，c", given(",").chars) == ["a", "b", "c"]
    assert split("a^b", given("^").chars) == ["a", "b"]
    assert split("a;b；a", given(";").chars) == ["a", "b"]


def test_no_cells():
    assert find([]).chars == ";；" and not find([("", "")]).remark
