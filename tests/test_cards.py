import re
import subprocess
import sys

from tagkit import cards
from tagkit.product import Dataset, Product, Span, Tag

HOSTILE = "<script>alert(1)</script> & 红"


def test_texts_are_shown_as_they_are_and_cut():
    assert cards.escape(HOSTILE) == "&lt;script&gt;alert(1)&lt;/script&gt; &amp; 红"
    assert cards.escape("红" * 500) == "红" * 159 + "…"
    for html in (cards.card(HOSTILE, note=HOSTILE), cards.chips([HOSTILE, ("a", HOSTILE)]), cards.values({HOSTILE: 1})):
        assert "<script" not in html and "&lt;script" in html


def test_cells_are_html_and_numbers_stand_on_the_right():
    html = cards.table(("name", "F1"), [["a", "<b>1</b>"]])
    assert "<b>1</b>" in html and html.count("text-align:left") == html.count("text-align:right") == 2


def test_a_data_set_names_no_colour_but_translucent_greys():
    html = Dataset("d", (Product("红裙", tags=("红",)),))._repr_html_()
    assert "<style" not in html and "color:inherit" in html
    assert not [part for part in html.split("#")[1:] if not part.startswith(("8883", "8886"))]


def test_right_missed_and_new_differ_in_sign_and_border():
    chips = {kind: cards.judged([(HOSTILE, kind)]) for kind in cards.SIGNS}
    assert "✓" in chips["right"] and "solid" in chips["right"]
    assert "○" in chips["missed"] and "dashed" in chips["missed"]
    assert "+" in chips["new"] and "double" in chips["new"]
    for kind, html in chips.items():
        assert f'aria-label="{kind}"' in html and "<script" not in html
        assert not re.search(r"[^-]color:(?!inherit)", html), "letters have the colour of the page"


def test_a_higher_score_is_shaded_more():
    fills = [
        float(fill)
        for fill in re.findall(r"rgba\(79,127,217,([\d.]+)\)", cards.scored([("a", 0.1, ""), ("b", 0.9, "")]))
    ]
    assert fills[0] < fills[1] <= 0.6


def test_spans_are_underlined_with_what_they_stand_for():
    html = cards.marked("<b>红色高跟鞋", [(3, 8, "高跟鞋"), (3, 5, '"红"'), (90, 95, "x")])
    assert (
        "&lt;b&gt;" in html
        and 'title="高跟鞋, &quot;红&quot;">红色</span>' in html
        and 'title="高跟鞋">高跟鞋</span>' in html
    )
    assert cards.marked("红" * 9, [], 5).count("红") == 5 and "…" in cards.marked("红" * 9, [], 5)


def test_bars_are_as_long_as_their_numbers():
    html = cards.bars([(HOSTILE, 4), ("b", 2), ("c", 0)], ("name", "products"))
    assert re.findall(r"width:([\d.]+)em", html) == ["8.00", "4.00", "0.00"] and "<script" not in html
    assert cards.bars([], ("name", "products")).count("<td") == 0
    assert cards.beside("a", "", "b").count("<div>") == 2


def test_products_and_tags_show_themselves():
    product = Product("1", HOSTILE, "描述", "鞋/高跟鞋", {"颜色": "红", "尺码": ""}, tags=("红",))
    html = product._repr_html_()
    assert "描述" in html and "鞋/高跟鞋" in html and "颜色" in html and "尺码" not in html and "<script" not in html
    marked = Product("红裙", annotations=(Tag("红", spans=(Span(0, 1),)),))._repr_html_()
    assert ">红</span>裙" in marked
    assert "0.98" in Tag("红", 0.98, type="颜色")._repr_html_()


def test_cards_need_no_heavy_package():
    code = "import sys, tagkit; tagkit.Product('红裙')._repr_html_(); print({'pandas', 'sklearn'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_a_picture_is_lazy_and_comes_from_a_data_address_only():
    html = cards.picture('data:image/png;base64,AAAA" onerror="alert(1)', HOSTILE)
    assert 'loading="lazy"' in html and "<script" not in html and 'onerror="' not in html
    assert cards.picture("", "red shoe") == cards.picture("https://example.com/a.jpg", "red shoe") == ""
    assert cards.picture("javascript:alert(1)", "x") == ""
