import copy
import pickle

from tagkit.product import Product, Span, Tag
from tagkit.tag_lists import FIRST, TagList, TagLists, shown

HOSTILE = "<script>alert(1)</script>"
TAGS = [Tag("红色", 0.9, spans=(Span(0, 2),)), Tag(HOSTILE, 0.1)]


def test_one_list_is_a_list_that_shows_the_evidence():
    found = TagList(TAGS, "红色\n高跟鞋")
    assert found == TAGS and isinstance(found, list)
    html = found._repr_html_()
    assert "underline" in html and ">红色</span>\n高跟鞋" in html and "0.90" in html and "<script" not in html
    for again in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert again == found and again.text == found.text
    assert "no tags" in TagList()._repr_html_()


def test_several_lists_show_the_first_products():
    found = TagLists([TAGS] * (FIRST + 2), [f"红色{at}" for at in range(FIRST + 2)])
    html = found._repr_html_()
    assert f"the first {FIRST} of 12" in html and "红色</span>9" in html and "红色</span>10" not in html
    assert type(pickle.loads(pickle.dumps(found))) is list


def test_what_is_shown_depends_on_what_was_asked():
    products = [Product("1", "红色", "描述")]
    assert shown([TAGS], products, True).text == "红色\n描述"
    assert shown([TAGS], products, False).texts == ("红色\n描述",)
