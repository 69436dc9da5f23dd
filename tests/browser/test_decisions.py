"""Every decision, made by its key in JupyterLab, is shown as saved and is in the file."""

from __future__ import annotations

import pytest

from tagkit.reviewing.store import ReviewStore


def decided(path, position=0):
    """Return the tags of a product, those rejected, and its state, as another process reads them."""
    with ReviewStore(path) as store:
        found = store.review(position)
        return {tag.text for tag in found.tags}, {tag.text for tag in found.rejected}, found.state


@pytest.fixture
def widget_and_file(show):
    widget, path = show()
    widget.product("红色真皮高跟鞋")
    return widget, path


def test_a_tag_is_accepted_another_rejected_and_stays_in_sight(widget_and_file):
    widget, path = widget_and_file
    widget.choose("红色")
    widget.press("a")
    widget.shows("红色", "accepted")
    widget.choose("真皮")
    widget.press("r")
    widget.shows("真皮", "rejected")
    assert decided(path) == ({"红色"}, {"真皮"}, "open")


def test_a_tag_is_replaced_and_one_added_with_completion(widget_and_file):
    widget, path = widget_and_file
    widget.choose("红色")
    widget.press("e")
    widget.type("酒红色")
    widget.press("Enter")
    widget.shows("红色", "edited")
    widget.shows("酒红色", "added")
    widget.press("t")
    widget.page.keyboard.type("牛仔")
    widget.root.get_by_role("option", name="牛仔裤").wait_for()
    widget.press("ArrowDown", "Enter")
    widget.shows("牛仔裤", "added")
    assert decided(path) == ({"酒红色", "牛仔裤"}, {"红色"}, "open")


def test_another_form_of_a_tag_completes_it(widget_and_file):
    widget, path = widget_and_file
    widget.press("n")
    widget.product("蓝色帆布鞋")
    widget.press("t")
    widget.page.keyboard.type("high")
    widget.root.get_by_role("option", name="高跟鞋 high heels").wait_for()
    widget.press("Tab", "Enter")
    widget.shows("高跟鞋", "added")
    assert decided(path, 1)[0] == {"高跟鞋"}


def test_undo_takes_back_step_by_step(widget_and_file):
    widget, path = widget_and_file
    widget.choose("红色")
    widget.press("a")
    widget.shows("红色", "accepted")
    widget.press("Enter")
    widget.product("蓝色帆布鞋")
    widget.press("u")
    widget.product("红色真皮高跟鞋")
    widget.says("Taken back")
    widget.shows("红色", "accepted")
    assert decided(path) == ({"红色"}, set(), "open")
    widget.press("Control+z")
    widget.shows("红色", "open")
    widget.press("u")
    widget.says("There is nothing to take back.")
    assert decided(path) == (set(), set(), "open")


def test_next_and_previous_decide_nothing_and_clear_the_message(widget_and_file):
    widget, path = widget_and_file
    widget.choose("红色")
    widget.press("a")
    widget.says("红色 accepted, saved.")
    widget.press("n")
    widget.product("蓝色帆布鞋")
    assert widget.root.locator(".tr-status").text_content() == ""
    widget.press("p")
    widget.product("红色真皮高跟鞋")
    assert widget.root.locator(".tr-status").text_content() == ""
    assert decided(path, 1) == (set(), set(), "open")


def test_skip_leaves_and_flag_sets_aside(widget_and_file):
    widget, path = widget_and_file
    widget.press("s")
    widget.product("蓝色帆布鞋")
    widget.says("Skipped, saved.")
    widget.press("f")
    widget.product("黑色真丝连衣裙")
    assert (decided(path, 0)[2], decided(path, 1)[2]) == ("skip", "flag")
    widget.press("p")
    widget.product("蓝色帆布鞋")
    widget.press("f")
    widget.says("The flag is taken back, saved.")
    assert decided(path, 1)[2] == "open"


def test_done_rejects_what_is_undecided(widget_and_file):
    widget, path = widget_and_file
    widget.choose("红色")
    widget.press("a", "d")
    widget.product("蓝色帆布鞋")
    widget.saved()
    tags, rejected, state = decided(path)
    assert (tags, state) == ({"红色"}, "done")
    assert "高跟鞋" in rejected


def test_buttons_do_the_same_as_keys(widget_and_file):
    widget, path = widget_and_file
    widget.choose("红色")
    widget.root.get_by_role("button", name="Accept", exact=True).click()
    widget.shows("红色", "accepted")
    widget.root.get_by_role("button", name="Add tag").click()
    widget.type("新款鞋")
    widget.press("Enter")
    widget.shows("新款鞋", "added")
    widget.root.get_by_role("button", name="Accept all").click()
    widget.product("蓝色帆布鞋")
    widget.saved()
    assert {"红色", "新款鞋"} <= decided(path)[0]
    assert decided(path)[2] == "done"
