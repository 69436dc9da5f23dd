"""Two people review one file at the same time, each in a notebook and a kernel of their own."""

from __future__ import annotations

from jupyter_in_browser import SETUP, Widget, run

from tagkit.reviewing.store import ReviewStore

REVIEW = "from shop import *\nreview = tagkit.review(unseen, tagger, 'two.db', reviewer={who!r}, order='given')\nreview"


def test_two_kernels_share_the_products_of_one_file(lab, chromium):
    pages, widgets = [], []
    for who in ("ana", "ben"):
        page = lab.open(chromium, f"two-{who}", SETUP, REVIEW.format(who=who))
        run(page, 0)
        run(page, 1)
        widgets.append(Widget(page).ready())
        pages.append(page)
    ana, ben = widgets
    ana.product("红色真皮高跟鞋")
    ben.product("蓝色帆布鞋")  # the first one is held for ana
    pages[0].bring_to_front()
    ana.tags.focus()
    ana.press("Enter")
    ana.product("黑色真丝连衣裙")
    pages[1].bring_to_front()
    ben.tags.focus()
    ben.press("Enter")
    ben.product("白色运动鞋男")
    ben.saved()
    with ReviewStore(lab.folder / "two.db") as store:
        assert [(one.position, one.reviewer, one.state) for one in store.reviews()] == [
            (0, "ana", "done"),
            (1, "ben", "done"),
        ]
    for page in pages:
        page.close()


def test_two_views_of_one_review_show_each_others_decisions(page, show):
    widget, _ = show()
    run(page, 2, "review")
    other = Widget(page, 1).ready()
    widget.tags.focus()
    widget.choose("红色")
    widget.press("a")
    widget.shows("红色", "accepted")
    other.shows("红色", "accepted")
    other.tags.focus()
    other.press("u")
    other.shows("红色", "open")
    widget.shows("红色", "open")
