import pytest

from tagkit.errors import BadInput
from tagkit.product import Span, Tag
from tagkit.reviewing.agreement import agreement, disagreements, final_tags, reviewed_products, settle

GIVEN = {
    "ana": {0: ("红色", "高跟"), 1: ("蓝色",), 2: ("red",)},
    "bob": {0: ("红色", "男"), 1: ("蓝色",), 3: ("黑色",)},
}


@pytest.fixture
def stores(open_store):
    pytest.importorskip("krippendorff")
    stores = {name: open_store(name, overlap=2) for name in GIVEN}
    for name, products in GIVEN.items():
        for position, tags in products.items():
            for tag in tags:
                stores[name].add(position, tag)
            stores[name].mark(position, "done")
    return stores


def test_alpha_and_f1_of_two_reviewers(stores):
    """Judged by both: 红色 11, 高跟 10, 男 01, 蓝色 11; by hand alpha = 1 - Do / De."""
    found = agreement(stores["ana"])
    assert (found.reviewers, found.products, found.judged) == (("ana", "bob"), 2, 4)
    observed = 2 / 4  # two of four pairs differ
    expected = 2 * 6 * 2 / (8 * 7)  # six times yes, twice no, among eight
    assert found.alpha == pytest.approx(1 - observed / expected)
    assert [(row.tag, row.type, row.both, row.one, row.f1) for row in found.tags] == [
        ("男", "", 0, 1, 0.0),
        ("高跟", "", 0, 1, 0.0),
        ("红色", "色", 1, 0, 1.0),
        ("蓝色", "", 1, 0, 1.0),
    ]
    assert repr(found) == f"Agreement(ana, bob: 2 products, Krippendorff's alpha {found.alpha:.3f})"
    assert "<td" in found._repr_html_() and "高跟" in found._repr_html_()


def test_alpha_is_not_defined_where_nothing_differs(stores):
    eve = stores["ana"]
    eve.reviewer = "eve"
    eve.add(3, "黑色")
    eve.mark(3, "done")
    found = agreement(eve, ["bob", "eve"])
    assert (found.products, found.judged, found.alpha, found.tags[0].f1) == (1, 1, None, 1.0)
    assert "not defined" in found._repr_html_()
    assert agreement(eve).products == 3


def test_who_cannot_be_compared(stores, open_store):
    with pytest.raises(BadInput, match="nobody called 'max' decided anything; there are: 'ana', 'bob'"):
        agreement(stores["ana"], ["ana", "max"])
    with pytest.raises(BadInput, match="two reviewers can be compared, not 1: ana"):
        agreement(stores["ana"], ["ana", "ana"])


def test_why_there_is_no_alpha(stores, open_store):
    assert agreement(stores["ana"], ["ana", "bob"]).why_not == ""
    with pytest.raises(BadInput, match="two reviewers can be compared, not 1: ana"):
        agreement(stores["ana"], "ana")
    eve = open_store("eve")
    eve.mark(3, "done")
    assert "no two of them finished the same product" in agreement(eve, ["ana", "eve"])._repr_html_()


def test_disagreements_and_settling_them(stores):
    ana, bob = stores["ana"], stores["bob"]
    found = [(one.position, one.tag.text, one.yes, one.no) for one in disagreements(ana)]
    assert found == [(0, "高跟", ("ana",), ("bob",)), (0, "男", ("bob",), ("ana",))]
    assert [tag.text for tag in final_tags(ana)[0]] == ["红色"]
    settle(bob, 0, "高跟", True)
    settle(ana, 0, Tag("男"), False)
    assert disagreements(ana) == [] and [tag.text for tag in final_tags(ana)[0]] == ["红色", "高跟"]
    assert [one.settled for one in disagreements(ana, with_settled=True)] == [True, False]
    settle(ana, 0, "高跟", False)
    assert [tag.text for tag in final_tags(bob)[0]] == ["红色"], "the last word counts"
    ana.undo()
    assert [tag.text for tag in final_tags(bob)[0]] == ["红色", "高跟"]
    with pytest.raises(BadInput, match="do not disagree about '红色' of the product in position 0"):
        settle(ana, 0, "红色", True)
    assert "高跟" in disagreements(ana, with_settled=True)[0]._repr_html_()


def test_finished_products_have_their_tags_as_gold(stores, shop):
    stores["ana"].mark(1, "flag")
    stores["bob"].mark(1, "open")
    first, *rest = reviewed_products(stores["ana"])
    assert (first.id, first.title, first.tags) == ("p0", shop[0].title, ("红色",))
    assert first.annotations == (Tag("红色", 1.0, "gold", (Span(0, 2),), "色"),)
    assert [(one.id, one.tags) for one in rest] == [("p2", ("red",)), ("p3", ("黑色",))]
