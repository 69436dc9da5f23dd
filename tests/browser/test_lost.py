"""What was shown as saved is in the file, whatever happens to the kernel or the disk."""

from __future__ import annotations

import json
import os
import signal

import pytest
from jupyter_in_browser import PATIENCE, SETUP, Widget, run

from tagkit.reviewing.store import ReviewStore

REVIEW = "from shop import *\nreview = tagkit.review(unseen, tagger, {name!r}, order='given')\nreview"
FULL = """pages = review.store._file.read('PRAGMA page_count')[0][0]
review.store._file.read(f'PRAGMA max_page_count={pages}')"""
WATCH = """
() => {
  window.shown = new Set();
  const root = document.querySelector(".tagkit-review");
  const look = () => {
    const title = root.querySelector(".tr-title")?.textContent;
    for (const line of root.querySelectorAll('.tr-tags li[data-tag]:not(.tr-saving):not([data-status="open"])'))
      window.shown.add(JSON.stringify([title, line.dataset.tag, line.dataset.status]));
  };
  new MutationObserver(look).observe(root, { childList: true, subtree: true, attributes: true, characterData: true });
}
"""


@pytest.fixture
def opened(lab, chromium, request):
    """A notebook of its own with a review, the widget, and the file."""
    name = request.node.name
    page = lab.open(chromium, name, SETUP, REVIEW.format(name=f"{name}.db"))
    run(page, 0)
    run(page, 1)
    yield page, Widget(page).ready(), lab.folder / f"{name}.db"
    page.close()


def saved(path):
    """Return what is in the file, as the widget would show it."""
    with ReviewStore(path) as store:
        return {
            (store.product(one.position).title, tag.text, status)
            for one in store.reviews()
            for status, tags in (("accepted", one.tags), ("rejected", one.rejected))
            for tag in tags
        }


def shown(page):
    """Return what was shown as saved since `WATCH` began."""
    return {tuple(json.loads(row)) for row in page.evaluate("[...window.shown]")}


def test_a_killed_kernel_loses_nothing_that_was_shown_as_saved(opened, lab):
    page, widget, path = opened
    page.evaluate(WATCH)
    for number in range(14):
        widget.press("a" if number % 3 else "r")
        if number % 4 == 3:
            widget.press("n")
    os.kill(int((lab.folder / "pid").read_text()), signal.SIGKILL)
    widget.press("a", "a", "r")
    widget.alerts("The kernel has stopped or was restarted")
    there = saved(path)
    assert shown(page)
    assert shown(page) <= there
    if (dialog := page.locator(".jp-Dialog button.jp-mod-accept")).count():
        dialog.click()
    run(page, 0)
    run(page, 1)
    page.locator(".tagkit-review.tr-lost").wait_for(state="detached", timeout=PATIENCE)
    Widget(page).ready().saved()
    assert saved(path) == there


def test_a_full_disk_is_said_and_nothing_is_shown_as_saved_that_is_not(opened):
    page, widget, path = opened
    run(page, 2, FULL)
    page.evaluate(WATCH)
    widget.tags.focus()
    for key in "ar" * 40:
        widget.press("Home", key)
        widget.saved()
        if alert := widget.root.locator(".tr-alert").text_content():
            break
    assert "The decision is not saved: " in alert
    assert "the disk is full" in alert
    first = widget.tags.locator("li").first
    there = saved(path)
    assert (first.get_attribute("data-status") != "open") == bool(there)
    assert {row for row in there if row[2] == first.get_attribute("data-status")} == there
    run(page, 3, "review.store._file.read('PRAGMA max_page_count=100000')")
    widget.tags.focus()
    widget.press("End", "a")
    last = widget.tags.locator("li").last.get_attribute("data-tag")
    widget.shows(last, "accepted")
    assert (widget.root.locator(".tr-title").text_content(), last, "accepted") in saved(path)
    assert widget.root.locator(".tr-alert").text_content() == ""
