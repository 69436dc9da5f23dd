import subprocess
import sys

from tagkit import cards
from tagkit.product import Dataset, Product, Tag

HOSTILE = "<script>alert(1)</script> & 红"


def test_texts_are_shown_as_they_are_and_cut():
    assert cards.escape(HOSTILE) == "&lt;script&gt;alert(1)&lt;/script&gt; &amp; 红"
    assert cards.escape("红" * 500) == "红" * 159 + "…"
    for html in (cards.card(HOSTILE, note=HOSTILE), cards.chips([HOSTILE, ("a", HOSTILE)]), cards.values({HOSTILE: 1})):
        assert "<script" not in html and "&lt;script" in html


def test_cells_are_html_and_numbers_stand_on_the_right():
    html = cards.table(("name", "F1"), [["a", "<b>1</b>"]])
    assert "<b>1</b>" in html and html.count("text-align:left") == html.count("text-align:right") == 2


def test_styles_name_no_colour_but_translucent_greys():
    html = Dataset("d", (Product("红裙", tags=("红",)),))._repr_html_()
    assert "<style" not in html and "color:inherit" in html
    assert not [part for part in html.split("#")[1:] if not part.startswith(("8883", "8886"))]


def test_products_and_tags_show_themselves():
    product = Product("1", HOSTILE, "描述", "鞋/高跟鞋", {"颜色": "红", "尺码": ""}, tags=("红",))
    html = product._repr_html_()
    assert "描述" in html and "鞋/高跟鞋" in html and "颜色" in html and "尺码" not in html and "<script" not in html
    assert "0.98" in Tag("红", 0.98, type="颜色")._repr_html_()


def test_cards_need_no_heavy_package():
    code = "import sys, tagkit; tagkit.Product('红裙')._repr_html_(); print({'pandas', 'sklearn'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
