import pytest

from tagkit.product import Product, Span, Tag
from tagkit.reviewing.decisions import Decision, located, summed_up

RED, HEEL, SHOE = Tag("红色"), Tag("高跟"), Tag("高跟鞋")


@pytest.mark.parametrize(
    ("decisions", "tags", "rejected", "edited"),
    [
        ([("accept", RED), ("reject", RED)], (), (RED,), ()),
        ([("reject", RED), ("accept", RED)], (RED,), (), ()),
        ([("edit", HEEL, SHOE)], (SHOE,), (HEEL,), ((HEEL, SHOE),)),
        ([("edit", HEEL, SHOE), ("accept", HEEL)], (SHOE, HEEL), (), ()),
        ([("edit", HEEL, SHOE), ("reject", SHOE)], (), (HEEL, SHOE), ((HEEL, SHOE),)),
        ([("edit", HEEL, SHOE), ("edit", HEEL, RED)], (SHOE, RED), (HEEL,), ((HEEL, RED),)),
        ([("reject", SHOE), ("edit", HEEL, SHOE)], (SHOE,), (HEEL,), ((HEEL, SHOE),)),
        ([("add", RED), ("add", RED)], (RED,), (), ()),
    ],
)
def test_the_last_decision_counts(decisions, tags, rejected, edited):
    found = summed_up(3, "ana", [Decision(3, kind, *tag) for kind, *tag in decisions])
    assert (found.position, found.reviewer, found.state) == (3, "ana", "open")
    assert (found.tags, set(found.rejected), found.edited) == (tags, set(rejected), edited)


def test_the_state_is_the_last_one():
    assert summed_up(0, "", [Decision(0, "skip"), Decision(0, "done")]).state == "done"


def test_tags_of_two_types_are_two_tags():
    colour, brand = Tag("红", type="颜色"), Tag("红", type="品牌")
    found = summed_up(0, "", [Decision(0, "accept", colour), Decision(0, "reject", brand)])
    assert (found.tags, found.rejected) == ((colour,), (brand,))


def test_a_tag_is_the_suggested_one_or_found_in_the_text():
    product = Product("红色高跟鞋,红色")
    suggested = [Tag("红色", 0.4, "linear", (Span(6, 8),), "颜色")]
    assert located("红色", product, suggested) is suggested[0]
    assert located(Tag("红色"), product, suggested).spans == (Span(0, 2),)
    assert located("高跟鞋", product, suggested) == Tag("高跟鞋", 1.0, "reviewer", (Span(2, 5),))
    assert located("时尚", product, suggested).spans == ()
