import subprocess
import sys

import pytest

from tagkit.exploring import views
from tagkit.exploring.overview import overview
from tagkit.product import Dataset, Product

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def found():
    products = [Product(str(n), f"{HOSTILE} {n}", category=HOSTILE, tags=(HOSTILE, "红")) for n in range(6)]
    many = Product("m", "x", tags=tuple(f"标签{n}" for n in range(25)))
    return overview(Dataset(HOSTILE, (*products, products[0], many)))


def test_texts_are_escaped(found):
    for html in (views.card(found), views.page(found)):
        assert "<script" not in html and "&lt;script" in html


def test_a_page_needs_nothing_else_and_draws_chinese(found, tmp_path):
    page = found.to_html(tmp_path / "new" / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "font/woff" in page and "http" not in page
    assert "color-scheme: light dark" in page


def test_tables_are_aligned_and_say_everything(found):
    text = views.text(found)
    for part in ("long tail", "category", "most often together", "same text", "more than 20", "1 product "):
        assert part in text
    assert "1 products have the text of another one" not in text


def test_it_needs_no_plots():
    code = "import sys, tagkit; str(tagkit.load_data('catalogue').explore()); print('matplotlib' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
