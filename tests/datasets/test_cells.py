"""Fields of a product from the values of a row."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tagkit.datasets import cells
from tagkit.datasets.separators import Separators
from tagkit.errors import BadInput

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("红", "红"),
        (None, ""),
        (NAN, ""),
        (np.float32("nan"), ""),
        (pd.NA, ""),
        (pd.NaT, ""),
        (5, "5"),
        (3.0, "3"),
        (np.int64(7), "7"),
        (1.5, "1.5"),
        (10**20, "100000000000000000000"),
        (True, "True"),
        (float("inf"), "inf"),
        (["x", "y"], "x\ny"),
        (np.array(["x", "y"]), "x\ny"),
    ],
)
def test_the_text_of_a_field(value, text):
    assert cells.text(value, "description") == text


def test_a_field_of_several_levels_and_one_that_is_no_text():
    assert cells.text(["女装", "裙"], "category", "/") == "女装/裙"
    for value in ({"a": 1}, [1], b"x", Decimal("1.5")):
        with pytest.raises(BadInput, match=f"^`title` is {type(value).__name__}, not text"):
            cells.text(value, "title")


@pytest.mark.parametrize(
    ("id", "is_rounded"),
    [
        ("1.23E+12", True),
        ("4,5e11", True),
        ("1e3", False),
        ("E12", False),
        (1e15, True),
        (1e14, False),
        (10**18, False),
    ],
)
def test_ids_that_a_spreadsheet_rounded(id, is_rounded):
    assert cells.is_rounded(id) is is_rounded


def test_tags_of_a_text_a_list_and_a_number():
    semicolons = Separators(";；")
    assert cells.tags("裙; 红；裙;", semicolons, "tags") == ("裙", "红")
    assert cells.tags("裙, 红", semicolons, "tags") == ("裙, 红",)
    assert cells.tags(["红", 5, None, " ", "红"], semicolons, "tags") == ("红", "5")
    assert cells.tags(np.array(["红"]), semicolons, "tags") == ("红",)
    assert cells.tags(7.0, semicolons, "tags") == ("7",) and cells.tags(NAN, semicolons, "tags") == ()
    for value in ({"红": 1}, [["红"]], object()):
        with pytest.raises(BadInput, match="`标签` must be a list of texts, not "):
            cells.tags(value, semicolons, "标签")


def test_images_of_a_text_and_a_list():
    assert cells.images("https://a/1.jpg, https://a/2.jpg|3.jpg\n4.jpg;5.jpg") == (
        *("https://a/1.jpg", "https://a/2.jpg", "3.jpg", "4.jpg", "5.jpg"),
    )
    assert cells.images("a,b.jpg") == ("a,b.jpg",), "a comma may be part of a name"
    assert cells.images(["a.jpg"]) == ("a.jpg",) and cells.images(NAN) == cells.images(1) == cells.images("") == ()
    with pytest.raises(BadInput, match="`images` must be a list of texts"):
        cells.images(["a.jpg", 1])


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ('{"材质": "棉"}', {"材质": "棉"}),
        ("材质:棉;颜色:红", {"材质": "棉", "颜色": "红"}),
        ("材质：棉；颜色：红；", {"材质": "棉", "颜色": "红"}),
        ("材质: 棉, 颜色: 红", {"材质": "棉", "颜色": "红"}),
        ("材质=棉|尺寸=3:4", {"材质": "棉", "尺寸": "3:4"}),
        ("材质:棉", {"材质": "棉"}),
        ({"重量": 5, "色": None, "尺": ["L", "XL"]}, {"重量": "5", "色": "", "尺": '["L", "XL"]'}),
        ("", {}),
        (None, {}),
        ("纯棉的", None),
        ('{"材质":', None),
        ("{" * 100_000, None),
        (5, None),
    ],
)
def test_attributes_of_a_cell(cell, wanted):
    assert cells.attributes(cell) == wanted
