"""The widget can be used without a mouse, and every control says to a screen reader what it is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from test_decisions import decided

COMMANDS = {"Accept", "Reject", "Edit", "Add tag", "Why?", "Undo", "Accept all", "Done", "Skip", "Flag", "Previous"}
COMMANDS |= {"Next", "Learn", "Close"}


def controls(page):
    """Return role, name and description of the widget's controls, as Chromium tells them to screen readers."""
    client = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in client.send("Accessibility.getFullAXTree")["nodes"]}
    found = []

    def walk(node, is_inside):
        value = {key: node.get(key, {}).get("value", "") for key in ("role", "name", "description")}
        is_inside = is_inside or value["name"] == "Review of suggested tags"
        properties = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
        if is_inside and not node.get("ignored") and (properties.get("focusable") or value["role"] == "option"):
            found.append((value["role"], value["name"], value["description"]))
        for child in node.get("childIds", []):
            walk(nodes[child], is_inside)

    walk(next(node for node in nodes.values() if "parentId" not in node), False)
    return found


def test_every_control_has_a_role_and_a_name(show):
    widget, _ = show()
    widget.press("t")
    widget.page.keyboard.type("红")
    widget.root.get_by_role("listbox", name="Completions").get_by_role("option").first.wait_for()
    widget.press("Escape", "w")
    widget.root.get_by_role("button", name="Close").wait_for()
    widget.press("t")
    widget.page.keyboard.type("红")
    widget.root.get_by_role("listbox", name="Completions").get_by_role("option").first.wait_for()
    found = controls(widget.page)
    assert all(name for _, name, _ in found), found
    assert {role for role, _, _ in found} >= {"button", "combobox", "group", "listbox", "option"}
    buttons = {name for role, name, _ in found if role == "button"}
    assert buttons >= COMMANDS
    described = {name: description for role, name, description in found if role == "button"}
    assert "stays in sight" in described["Reject"]


def test_a_tag_says_score_and_what_was_decided(show):
    widget, _ = show()
    widget.choose("红色")
    widget.press("r")
    widget.shows("红色", "rejected")
    expect(widget.tag("红色")).to_have_accessible_name(re.compile("^红色, score 0.[0-9]+, rejected$"))
    active = widget.tags.get_attribute("aria-activedescendant")
    assert widget.page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    expect(widget.root.get_by_role("status")).to_have_text("红色 rejected, saved.")


def test_a_whole_product_with_the_keyboard_alone(show):
    widget, path = show()
    page = widget.page
    page.locator(".jp-CodeCell .cm-content").nth(1).focus()
    widget.press("Escape")
    for _ in range(25):
        if widget.root.locator(":focus").count():
            break
        page.keyboard.press("Tab")
    assert widget.root.locator(":focus").count(), "the widget cannot be reached with Tab"
    widget.press("r")  # the chosen tag is the first one
    first = widget.tags.locator("li").first.get_attribute("data-tag")
    widget.shows(first, "rejected")
    widget.press("End", "Home", "a")
    widget.shows(first, "accepted")
    widget.press("t")
    page.keyboard.type("通勤")
    widget.press("Enter")
    widget.shows("通勤", "added")
    widget.press("Enter")
    widget.product("蓝色帆布鞋")
    widget.saved()
    tags, _, state = decided(path)
    assert {first, "通勤"} <= tags
    assert state == "done"
    widget.press("Escape")
    assert not widget.root.locator(":focus").count()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_button_is_pressed_by_enter_and_space(show, key):
    widget, path = show()
    widget.root.get_by_role("button", name="Skip").focus()
    widget.press(key)
    widget.product("蓝色帆布鞋")
    assert decided(path)[2] == "skip"
